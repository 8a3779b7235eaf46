/** Weight of the newest request in the mean service time. */
const newest = 0.2;

/** How fast places become free: what a request that comes now may expect. */
export class Pace {
  readonly #concurrency: number;
  #serviceMs = 0;
  #movedAt = 0;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  started(now: number): void {
    this.#movedAt = now;
  }

  finished(startedAt: number, now: number): void {
    const tookMs = now - startedAt;
    this.#serviceMs =
      this.#serviceMs === 0 ? tookMs : this.#serviceMs + newest * (tookMs - this.#serviceMs);
    this.#movedAt = now;
  }

  /** Milliseconds until it is the turn of a request that has so many waiting before it, when every place is taken. */
  waitMs(ahead: number, now: number): number {
    // Nothing moved for longer than usual: the past says less than the silence does.
    const betweenMs = Math.max(this.#serviceMs / this.#concurrency, now - this.#movedAt);
    return (ahead + 1) * betweenMs;
  }
}
