import { callerInbox, parseCallSubject } from "@myelin/subjects";
import type { Operation } from "../pipeline/index.ts";

/** What a call's subject says, looked up once per subject: each caller uses the same few again and again. */
export interface Address {
  readonly skill: string;
  /** Undefined when the agent has no such skill. */
  readonly operation: Operation | undefined;
  readonly caller: string;
  /** What a reply subject of this caller begins with. */
  readonly inbox: string;
  /** Sent to this very instance. */
  readonly direct: boolean;
  /** From another workspace. */
  readonly isForeign: boolean;
  /** The load that these callers were told last; -1 when none was. */
  toldLoad: number;
}

/** Most subjects that are remembered; more callers than that only parse again. */
const mostKept = 4_096;

export class Addresses {
  readonly #kept = new Map<string, Address>();
  readonly #agent: string;
  readonly #operations: ReadonlyMap<string, Operation>;

  constructor(agent: string, operations: ReadonlyMap<string, Operation>) {
    this.#agent = agent;
    this.#operations = operations;
  }

  /** The address; undefined when the subject is not a call to this agent. */
  read(subject: string): Address | undefined {
    const kept = this.#kept.get(subject);
    if (kept !== undefined) return kept;
    const parsed = parseCallSubject(subject);
    if (!parsed.ok || parsed.value.agent !== this.#agent) return undefined;
    const { skill, caller, route } = parsed.value;
    const address: Address = {
      skill,
      operation: this.#operations.get(skill),
      caller,
      inbox: callerInbox(caller),
      direct: route.to === "instance",
      isForeign: false,
      toldLoad: -1,
    };
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(subject, address);
    return address;
  }
}

const longestReply = 256;

/** A literal subject, without wildcards, in the caller's own inbox. */
export function isOwnInbox(reply: string, inbox: string): boolean {
  const { length } = reply;
  if (!reply.startsWith(inbox) || length === inbox.length || length > longestReply) return false;
  return !reply.includes("*") && !reply.includes(">");
}
