import { filters, inboxPrefix } from "@myelin/subjects";
import type { MeshError } from "../errors/index.ts";
import type { Inbound, Link, Listening } from "../nats/index.ts";
import { randomToken } from "../pipeline/index.ts";

/** What waits for replies under one token. */
export interface Waiting {
  receive(message: Inbound): void;
}

/**
 * The reply multiplexer: one subscription, and a token for each attempt.
 *
 * Tokens are 96 random bits, never a counter: whoever answers may publish into any inbox (DESIGN 5), so a token
 * that could be guessed could be answered by another.
 */
export class Inbox {
  readonly #waiting = new Map<string, Waiting>();
  readonly #prefix: string;
  readonly #listening: Listening;

  constructor(link: Link, name: string, instance: string, onLate: () => void) {
    this.#prefix = inboxPrefix(name, instance);
    const start = this.#prefix.length;
    this.#listening = link.subscribe(filters.inbox(name, instance), (message) => {
      const waiting = this.#waiting.get(message.subject.slice(start));
      if (waiting === undefined) onLate();
      else waiting.receive(message);
    });
  }

  /** Opens a token; whatever comes under it goes to `waiting` until it is closed. */
  open(waiting: Waiting): string {
    const token = randomToken();
    this.#waiting.set(token, waiting);
    return token;
  }

  close(token: string): void {
    this.#waiting.delete(token);
  }

  /** The subject that leads to a token. */
  subject(token: string): string {
    return this.#prefix + token;
  }

  /** Why the server does not let us hear it; known once a flush after the start has resolved. */
  get refused(): MeshError | undefined {
    return this.#listening.refused;
  }

  async stop(): Promise<void> {
    await this.#listening.stop();
  }
}
