import type { NatsConnection } from "@nats-io/transport-node";
import { cutOff } from "./inner.ts";
import type { Owed } from "./mover.ts";

/** How often it is looked whether replies are still awaited, in milliseconds. */
const lookMs = 50;
/** Longest that a connection is kept for its replies, in milliseconds; a stream that is longer breaks then. */
const keptMs = 3_600_000;

/** A connection that another has followed, kept until its last reply is in. */
export class Former {
  readonly nc: NatsConnection;
  readonly #owed: readonly Owed[];
  readonly #onEnd: () => void;
  readonly #last: NodeJS.Timeout;
  #look: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(nc: NatsConnection, owed: readonly Owed[], onEnd: () => void) {
    this.nc = nc;
    this.#owed = owed;
    this.#onEnd = onEnd;
    this.#last = setTimeout(() => this.lose(), keptMs);
    this.#last.unref();
  }

  /** Nothing but replies can come any more: it ends with the last of them. */
  settle(): void {
    if (this.#isOver) return;
    if (this.#owed.some(({ isAwaited }) => isAwaited))
      this.#look = setTimeout(() => this.settle(), lookMs);
    else void this.close();
  }

  /** It is gone, or has to go: whoever waits for what it owes learns that nothing will come. */
  lose(): void {
    if (this.#isOver) return;
    void this.close();
    for (const owed of this.#owed) owed.lost();
  }

  /** Ends it. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#last);
    if (this.#look !== undefined) clearTimeout(this.#look);
    this.#onEnd();
    await this.nc.close();
    cutOff(this.nc);
  }
}
