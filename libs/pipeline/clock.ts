/** Time as the library sees it; a test moves one by hand. */
export interface Clock {
  /** Milliseconds that only go forward; not the time of day. */
  now(): number;
  /** Runs once after the delay; the answer calls it off. Does not keep the process alive. */
  schedule(delayMs: number, run: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  schedule(delayMs: number, run: () => void): () => void {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
});

/** Resolves after so many milliseconds. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(ms, resolve));
}
