import type { Listening } from "./listening.ts";
import type { Inbound } from "./message.ts";

/** One connection of a link, to hear over. */
export interface Subscriber {
  subscribe(subject: string, onMessage: (message: Inbound) => void): Listening;
}

/**
 * What must know of a change of connection: replies come over the connection that the question went over, for a
 * stream's frames keep their order on one connection only.
 */
export interface Mover {
  /** Hears over a connection of this number, 0 the first. It may still come to nothing. */
  prepare(on: Subscriber, number: number): Listening;
  /** From now on everything goes over the connection that was prepared last. Answers what the one before still owes. */
  moved(): Owed;
}

/** What is still to come over a connection that another has followed. */
export interface Owed {
  /** Whether anybody waits for it. */
  readonly isAwaited: boolean;
  /** It will not come: the connection is gone. */
  lost(): void;
}
