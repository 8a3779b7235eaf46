import { filters, inboxPrefix } from "@myelin/subjects";
import type { MeshError } from "../errors/index.ts";
import type { Inbound, Link, Listening } from "../nats/index.ts";
import { randomToken, tokenLength } from "../pipeline/index.ts";
import { statusOf } from "../wire/index.ts";

/** What waits for replies under one token. */
export interface Waiting {
  receive(message: Inbound): void;
}

/**
 * The reply multiplexer: one subscription, and a token for each attempt.
 *
 * A token is 96 random bits, never a counter: whoever answers may publish into any inbox, so one that
 * could be guessed could be answered by another. The number of its slot follows, since a map of tokens that come
 * and go costs several times as much as a slot.
 */
export class Inbox {
  readonly #tokens: (string | undefined)[] = [];
  readonly #waiting: (Waiting | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #prefix: string;
  readonly #listening: Listening;

  constructor(link: Link, name: string, instance: string, onLate: () => void) {
    this.#prefix = inboxPrefix(name, instance);
    const start = this.#prefix.length;
    this.#listening = link.subscribe(filters.inbox(name, instance), (message) => {
      const token = message.subject.slice(start);
      const slot = slotOf(token);
      const waiting = this.#tokens[slot] === token ? this.#waiting[slot] : undefined;
      if (waiting !== undefined) waiting.receive(message);
      // The server's own "nobody heard that" of a beat or a cancel is no reply.
      else if (statusOf(message.head) === 0) onLate();
    });
  }

  /** Opens a token; whatever comes under it goes to `waiting` until it is closed. */
  open(waiting: Waiting): string {
    const slot = this.#free.pop() ?? this.#tokens.length;
    const token = randomToken() + slot;
    this.#tokens[slot] = token;
    this.#waiting[slot] = waiting;
    return token;
  }

  /** Closes a token; a second time does nothing. */
  close(token: string): void {
    const slot = slotOf(token);
    if (this.#tokens[slot] !== token) return;
    this.#tokens[slot] = undefined;
    this.#waiting[slot] = undefined;
    this.#free.push(slot);
  }

  /** The subject that leads to a token. */
  subject(token: string): string {
    return this.#prefix + token;
  }

  /** Why the server does not let us hear it; known once a flush after the start has resolved. */
  get refused(): MeshError | undefined {
    return this.#listening.refused;
  }

  /** Everything that waits now. */
  *[Symbol.iterator](): IterableIterator<Waiting> {
    for (const waiting of [...this.#waiting]) if (waiting !== undefined) yield waiting;
  }

  async stop(): Promise<void> {
    await this.#listening.stop();
  }
}

/** What is no number finds no slot. */
function slotOf(token: string): number {
  return Number(token.slice(tokenLength));
}
