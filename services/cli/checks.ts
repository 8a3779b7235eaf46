import { isNewEnough, type Login, leastServer, type ServerFacts } from "@myelin/mesh/operate";
import { dayMs } from "@myelin/subjects";
import type { AgentView } from "./roster.ts";
import { count, duration } from "./table.ts";

/** What one check of the doctor found. */
export interface Check {
  readonly is: "ok" | "warn" | "fail";
  readonly what: string;
  readonly found: string;
  /** What to do, when it is not ok. */
  readonly next?: string;
}

const oldestNode = 20;
const slowRoundTripMs = 50;
/** A week: long enough to do something about it. */
const soonMs = 7 * dayMs;
const leastPayload = 65_536;
/** Deadlines are relative, so clocks matter to traces, tokens and what is stored; a second is where those suffer. */
const clockToleranceMs = 1_000;

/** What to do about a server that is too old. */
export const newerServer = `use nats-server ${leastServer.join(".")} or newer`;

export function checkNode(version: string): Check {
  const isNew = Number.parseInt(version, 10) >= oldestNode;
  const next = `install Node ${oldestNode} or newer`;
  return judged(isNew, { is: "fail", what: "node", found: version, next });
}

/** Whether we may still log in next week. */
export function checkLogin(login: Login | undefined, now: Date): Check {
  const what = "credentials";
  if (login === undefined) return { is: "ok", what, found: "none: the server lets everybody in" };
  const { name, expiresAt } = login;
  if (expiresAt === undefined) return { is: "ok", what, found: `${name}, for ever` };
  return judged(expiresAt.getTime() - now.getTime() >= soonMs, {
    is: "warn",
    what,
    found: `${name}, until ${expiresAt.toISOString().slice(0, 16).replace("T", " ")}`,
    next: `myelin identity renew ${name}`,
  });
}

export function checkServer(facts: ServerFacts): Check[] {
  const { version, roundTripMs, maxPayload, jetstream, clockAheadMs } = facts;
  return [
    judged(isNewEnough(version, leastServer), {
      is: "fail",
      what: "version",
      found: `nats-server ${version}`,
      next: newerServer,
    }),
    judged(roundTripMs <= slowRoundTripMs, {
      is: "warn",
      what: "round trip",
      found: duration(roundTripMs),
      next: "every call pays this twice: run agents nearer to the server",
    }),
    judged(maxPayload >= leastPayload, {
      is: "warn",
      what: "max payload",
      found: `${maxPayload} bytes`,
      next: `raise max_payload of the server to ${leastPayload} or more; cards alone may be larger`,
    }),
    {
      is: "ok",
      what: "jetstream",
      found: jetstream ? "yes" : "no; calls do not need it, durable work does",
    },
    checkClock("clock", { who: "the server", aheadMs: clockAheadMs, roundTripMs }),
  ];
}

/** Counts who is there and compares their clocks with ours. */
export function checkAgents(agents: readonly AgentView[]): Check[] {
  const instances = agents.flatMap((agent) => agent.instances);
  if (instances.length === 0) {
    const next = "start an agent, or `myelin up` for a desk of them";
    return [{ is: "warn", what: "agents", found: "none", next }];
  }
  const there: Check = {
    is: "ok",
    what: "agents",
    found: `${count(agents.length, "agent")}, ${count(instances.length, "instance")}`,
  };
  const furthest = agents
    .flatMap(({ agent, instances }) =>
      instances.flatMap(({ clockAheadMs, instance }) =>
        clockAheadMs === undefined ? [] : { who: `${agent} ${instance}`, aheadMs: clockAheadMs },
      ),
    )
    .sort((a, b) => Math.abs(b.aheadMs) - Math.abs(a.aheadMs))[0];
  if (furthest === undefined) return [there];
  return [there, checkClock("clocks", furthest)];
}

interface Ahead {
  readonly who: string;
  readonly aheadMs: number;
  /** How exactly that is known. Default: exactly. */
  readonly roundTripMs?: number;
}

function checkClock(what: string, { who, aheadMs, roundTripMs = 0 }: Ahead): Check {
  const side = aheadMs > 0 ? "ahead of" : "behind";
  return judged(Math.abs(aheadMs) <= clockToleranceMs + roundTripMs, {
    is: "warn",
    what,
    found: `${who} is ${duration(Math.abs(aheadMs))} ${side} this machine`,
    next: "let NTP set the clocks: traces, tokens and stored times suffer",
  });
}

/** A check as it is told when it went wrong, or without advice when it went well. */
function judged(isWell: boolean, { next, ...check }: Check & { readonly next: string }): Check {
  return isWell ? { ...check, is: "ok" } : { ...check, next };
}
