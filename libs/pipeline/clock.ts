import { onAbort } from "./aborts.ts";

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

/** Resolves after so many milliseconds, or as soon as the signal is aborted: whoever waits looks at it. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const end = (): void => {
      cancel();
      unhear?.();
      resolve();
    };
    const cancel = clock.schedule(ms, end);
    const unhear = signal && onAbort(signal, end);
  });
}
