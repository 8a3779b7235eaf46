import type { AdmissionConfig } from "./admission-options.ts";
import type { Pace } from "./pace.ts";

/** Share of the queue at which an instance is full however fast it is, and at which it has room again. */
const highShare = 0.75;
const lowShare = 0.5;

/**
 * Whether an instance is full, with hysteresis, so that its door does not flap.
 *
 * A matter of time, not of numbers: twenty waiting for 1 ms each are nothing, three for 20 ms each are better served
 * elsewhere. It is full when every place is taken and the next request would wait too long; it has room when a place
 * is free, or the wait is down to half.
 */
export class Fullness {
  readonly #config: AdmissionConfig;
  readonly #pace: Pace;
  readonly #onFull: (() => void)[] = [];
  readonly #onRoom: (() => void)[] = [];
  #isFull = false;

  constructor(config: AdmissionConfig, pace: Pace) {
    this.#config = config;
    this.#pace = pace;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  onFull(listener: () => void): void {
    this.#onFull.push(listener);
  }

  onRoom(listener: () => void): void {
    this.#onRoom.push(listener);
  }

  /** Looks again after something came, went or started. */
  update(running: number, waiting: number, now: number): void {
    const isTaken = running >= this.#config.concurrency;
    if (this.#isFull) {
      if (!isTaken || this.#isWithin(lowShare, waiting, now)) this.#turn(false);
    } else if (isTaken && !this.#isWithin(1, waiting, now)) this.#turn(true);
  }

  #isWithin(share: number, waiting: number, now: number): boolean {
    const { queue, fullAfterMs } = this.#config;
    const isShort = waiting < Math.max(1, queue * highShare * share);
    return isShort && this.#pace.waitMs(waiting, now) <= fullAfterMs * share;
  }

  #turn(isFull: boolean): void {
    this.#isFull = isFull;
    for (const listener of isFull ? this.#onFull : this.#onRoom) listener();
  }
}
