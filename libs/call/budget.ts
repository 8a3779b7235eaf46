import type { Clock } from "../pipeline/index.ts";
import type { RetryConfig } from "./retry-options.ts";

const bucketMs = 1_000;
const buckets = 10;

/**
 * Bounds the retries of one connection to a share of its calls, so that they cannot feed the storm they come from.
 *
 * Counts calls and retries of the last 10 s in buckets of one second; nothing runs while nobody asks.
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #share: number;
  readonly #reserve: number;
  readonly #calls: number[] = new Array(buckets).fill(0);
  readonly #retries: number[] = new Array(buckets).fill(0);
  #called = 0;
  #taken = 0;
  #bucket: number;

  constructor(config: RetryConfig, clock: Clock) {
    this.#clock = clock;
    this.#share = config.budgetShare;
    this.#reserve = config.budgetPerSecond * buckets;
    this.#bucket = Math.floor(clock.now() / bucketMs);
  }

  /** A call was made: it earns a part of a retry. Takes the time from whoever has read the clock. */
  earn(now: number): void {
    const at = this.#turn(now);
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
    this.#called++;
  }

  /** Takes one retry; false when there is none left. */
  take(): boolean {
    const at = this.#turn(this.#clock.now());
    if (this.#taken + 1 > this.#share * this.#called + this.#reserve) return false;
    this.#retries[at] = (this.#retries[at] ?? 0) + 1;
    this.#taken++;
    return true;
  }

  /** Forgets what is older than the window; the index of the bucket that time is in. */
  #turn(now: number): number {
    const bucket = Math.max(this.#bucket, Math.floor(now / bucketMs));
    if (bucket !== this.#bucket) {
      const steps = Math.min(bucket - this.#bucket, buckets);
      for (let step = 0; step < steps; step++) this.#forget((bucket - step) % buckets);
      this.#bucket = bucket;
    }
    return bucket % buckets;
  }

  #forget(at: number): void {
    this.#called -= this.#calls[at] ?? 0;
    this.#taken -= this.#retries[at] ?? 0;
    this.#calls[at] = 0;
    this.#retries[at] = 0;
  }
}
