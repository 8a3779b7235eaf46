import type { Clock } from "../pipeline/index.ts";
import { statusOf } from "../wire/index.ts";
import type { Inbox } from "./inbox.ts";

/** How often a plain client that reads a stream is looked after, in milliseconds. */
const askMs = 2_500;

/**
 * Finds out that a plain client that read a stream has gone: it sends no credit and answers no probe.
 *
 * Now and then a frame has a reply subject of ours; where nobody hears the frame, the server says so there.
 */
export class PlainReader {
  readonly #inbox: Inbox;
  readonly #clock: Clock;
  readonly #token: string;
  #askedAt: number;

  constructor(inbox: Inbox, clock: Clock, onGone: () => void) {
    this.#inbox = inbox;
    this.#clock = clock;
    this.#askedAt = clock.now();
    this.#token = inbox.open({
      receive: ({ head }) => {
        if (statusOf(head) === noResponders) onGone();
      },
    });
  }

  /** The reply subject for the next frame, when it is time to ask. */
  ask(): string | undefined {
    const now = this.#clock.now();
    if (now - this.#askedAt < askMs) return undefined;
    this.#askedAt = now;
    return this.#inbox.subject(this.#token);
  }

  close(): void {
    this.#inbox.close(this.#token);
  }
}

const noResponders = 503;
