import { movedMs } from "./moved.ts";

/** What became of calls that were kept under way. */
export interface SteadyCalls {
  /** By instance: how many it answered. */
  readonly answered: Readonly<Record<string, number>>;
  readonly errors: readonly unknown[];
  /** Without the time in which this process got no turn: nothing promises anything of a machine that stands still. */
  readonly longestMs: number;
}

/** Keeps so many calls under way until it is told to stop. */
export function steadyCalls(width: number, ask: () => Promise<{ instance: string }>) {
  const answered: Record<string, number> = {};
  const errors: unknown[] = [];
  let longestMs = 0;
  let isOn = true;
  const lane = async (): Promise<void> => {
    while (isOn) {
      const started = movedMs();
      try {
        const { instance } = await ask();
        answered[instance] = (answered[instance] ?? 0) + 1;
      } catch (error) {
        errors.push(error);
        // A failure that is told at once must not become a busy loop.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      longestMs = Math.max(longestMs, movedMs() - started);
    }
  };
  const lanes = Array.from({ length: width }, lane);
  const seen = (): SteadyCalls => ({ answered: { ...answered }, errors, longestMs });
  const stop = async (): Promise<SteadyCalls> => {
    isOn = false;
    await Promise.all(lanes);
    return seen();
  };
  return {
    /** What has become of them so far. */
    seen,
    stop,
    /** A test that fails while they run must end all the same. */
    [Symbol.asyncDispose]: async (): Promise<void> => void (await stop()),
  };
}
