import type { Clock } from "../../libs/pipeline/index.ts";

/** A clock that leaps, as it does for a process that slept: what falls due on the way runs once, at the end. */
export class LeapingClock implements Clock {
  #now = 0;
  readonly #alarms = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, run: () => void): () => void {
    const alarm = () => run();
    this.#alarms.set(alarm, this.#now + delayMs);
    return () => void this.#alarms.delete(alarm);
  }

  /** Leaps so far in so many leaps, and waits for something real after each. */
  async leap(ms: number, leaps: number, between: () => Promise<unknown>): Promise<void> {
    const end = this.#now + ms;
    for (let left = leaps; left > 0; left--) {
      this.#now += (end - this.#now) / left;
      for (const [alarm, at] of [...this.#alarms]) {
        if (at <= this.#now && this.#alarms.delete(alarm)) alarm();
      }
      await between();
    }
  }
}
