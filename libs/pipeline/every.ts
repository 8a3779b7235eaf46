import type { Clock } from "./clock.ts";

/** Runs something again and again, the first time after one wait; the answer ends it. */
export function every(clock: Clock, ms: number, run: () => void): () => void {
  let isOver = false;
  let cancel = (): void => {};
  const wait = (): void => {
    cancel = clock.schedule(ms, () => {
      run();
      if (!isOver) wait();
    });
  };
  wait();
  return () => {
    isOver = true;
    cancel();
  };
}
