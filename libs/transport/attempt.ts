import type { MeshError } from "../errors/index.ts";
import type { Inbound } from "../nats/index.ts";
import type { Call, Reply } from "../pipeline/index.ts";
import type { Inbox, Waiting } from "./inbox.ts";

/** One attempt under way, as the multiplexer and the prober see it. */
export interface Attempt extends Waiting {
  readonly call: Call;
  readonly token: string;
  /** Whether its reply is still awaited, or its stream still open. */
  readonly isOpen: boolean;
  readonly sentAt: number;
  readonly reply: Promise<Reply>;
  /** `agent.skill at instance`, for messages. */
  readonly what: string;
  /** Which instance has it, once that is known. */
  instance: string | undefined;
  /** Probes that named it and were not answered. */
  unanswered: number;
  receive(message: Inbound): void;
  /** Ends it; nothing happens when it has ended. */
  fail(error: MeshError): void;
}

export function describe(call: Call, instance: string | undefined): string {
  return instance === undefined ? call.operation.key : `${call.operation.key} at ${instance}`;
}

/** The attempts among what waits in an inbox; probes and questions wait there, too. */
export function attemptsOf(inbox: Inbox): Attempt[] {
  return Array.from(inbox).filter(isAttempt);
}

export function isAttempt(waiting: Waiting): waiting is Attempt {
  return "call" in waiting;
}
