/** How many events are fetched ahead, by what they take. */
export interface WindowLimits {
  readonly least: number;
  readonly most: number;
}

/** Events are fetched for so long ahead, in milliseconds. */
const aheadMs = 100;

/**
 * How many events an instance holds at once: as many as it handles in a moment, and never fewer than it handles at
 * once.
 *
 * What waits here could be handled by another instance, and is delivered again when this one dies; fetched one by one
 * they would come slowly. It begins small, so that an event that kills its followers takes few others with it.
 */
export class Window {
  readonly #limits: WindowLimits;
  #handled = 0;
  #since: number;
  size: number;

  constructor(limits: WindowLimits, now: number) {
    this.#limits = limits;
    this.#since = now;
    this.size = limits.least;
  }

  /** One was handled. */
  count(): void {
    this.#handled++;
  }

  /** Measures anew, when more is about to be fetched. */
  turn(now: number): void {
    const { least, most } = this.#limits;
    const tookMs = Math.max(now - this.#since, 0.1);
    const ahead = Math.ceil((this.#handled / tookMs) * aheadMs);
    // Doubled at most: one moment is no measure.
    this.size = Math.max(least, Math.min(ahead, most, this.size * 2));
    this.#handled = 0;
    this.#since = now;
  }
}
