import type { ServerFacts } from "@myelin/mesh/operate";
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
const oldestServer = [2, 12] as const;
const slowRoundTripMs = 50;
const leastPayload = 65_536;
/** Deadlines are relative, so clocks matter to traces, tokens and what is stored; a second is where those suffer. */
const clockToleranceMs = 1_000;

export function checkNode(version: string): Check {
  const isNew = Number.parseInt(version, 10) >= oldestNode;
  return {
    is: isNew ? "ok" : "fail",
    what: "node",
    found: version,
    next: `install Node ${oldestNode} or newer`,
  };
}

export function checkServer(facts: ServerFacts): Check[] {
  return [
    {
      is: isNewEnough(facts.version) ? "ok" : "fail",
      what: "version",
      found: `nats-server ${facts.version}`,
      next: `use nats-server ${oldestServer.join(".")} or newer`,
    },
    {
      is: facts.roundTripMs <= slowRoundTripMs ? "ok" : "warn",
      what: "round trip",
      found: duration(facts.roundTripMs),
      next: "every call pays this twice: run agents nearer to the server",
    },
    {
      is: facts.maxPayload >= leastPayload ? "ok" : "warn",
      what: "max payload",
      found: `${facts.maxPayload} bytes`,
      next: `raise max_payload of the server to ${leastPayload} or more; cards alone may be larger`,
    },
    {
      is: "ok",
      what: "jetstream",
      found: facts.jetstream ? "yes" : "no; calls do not need it, durable work will",
    },
    checkClock("clock", "the server", facts.clockAheadMs, facts.roundTripMs),
  ];
}

/** Counts who is there and compares their clocks with ours. */
export function checkAgents(agents: readonly AgentView[], now: number): Check[] {
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
      instances.map(({ clock, instance }) => ({
        who: `${agent} ${instance}`,
        aheadMs: clock === undefined ? Number.NaN : Date.parse(clock) - now,
      })),
    )
    .filter(({ aheadMs }) => !Number.isNaN(aheadMs))
    .sort((a, b) => Math.abs(b.aheadMs) - Math.abs(a.aheadMs))[0];
  if (furthest === undefined) return [there];
  return [there, checkClock("clocks", furthest.who, furthest.aheadMs, 0)];
}

function checkClock(what: string, who: string, aheadMs: number, roundTripMs: number): Check {
  const isNear = Math.abs(aheadMs) <= clockToleranceMs + roundTripMs;
  const side = aheadMs > 0 ? "ahead of" : "behind";
  return {
    is: isNear ? "ok" : "warn",
    what,
    found: `${who} is ${duration(Math.abs(aheadMs))} ${side} this machine`,
    next: "let NTP set the clocks: traces, tokens and stored times suffer",
  };
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return major > oldestServer[0] || (major === oldestServer[0] && minor >= oldestServer[1]);
}
