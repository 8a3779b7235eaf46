import type { Clock } from "../pipeline/index.ts";

interface Alarm {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still: only `advance()` and `advanceAsync()` move it. */
export class ManualClock implements Clock {
  #now: number;
  readonly #alarms: Alarm[] = [];

  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that have not run yet. */
  get pending(): number {
    return this.#alarms.length;
  }

  schedule(delayMs: number, run: () => void): () => void {
    const alarm: Alarm = { at: this.#now + Math.max(0, delayMs), run };
    const later = this.#alarms.findIndex((other) => other.at > alarm.at);
    this.#alarms.splice(later < 0 ? this.#alarms.length : later, 0, alarm);
    return () => {
      const at = this.#alarms.indexOf(alarm);
      if (at >= 0) this.#alarms.splice(at, 1);
    };
  }

  /** Moves on, and runs what falls due on the way, each at its own time and in order. */
  advance(byMs: number): void {
    const end = this.#now + byMs;
    while (this.#runNext(end));
    this.#now = end;
  }

  /** The same, but lets everything that waits for a promise go on before, between and after the timers. */
  async advanceAsync(byMs: number): Promise<void> {
    const end = this.#now + byMs;
    do await settled();
    while (this.#runNext(end));
    this.#now = end;
    await settled();
  }

  #runNext(end: number): boolean {
    const next = this.#alarms[0];
    if (next === undefined || next.at > end) return false;
    this.#alarms.shift();
    this.#now = next.at;
    next.run();
    return true;
  }
}

/** A turn of the event loop comes only after every microtask, however long their chain. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
