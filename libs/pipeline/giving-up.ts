import { MeshCode, MeshError } from "../errors/index.ts";
import { onAbort } from "./aborts.ts";
import type { Clock } from "./clock.ts";

/** What to throw once a signal was aborted: its reason where that is an error of ours, else what `abortCode` says. */
export function gaveUp(what: string, { reason }: AbortSignal): MeshError {
  if (reason instanceof MeshError) return reason;
  return new MeshError(abortCode(reason), `${what} was given up: ${whyAborted(reason)}`);
}

/** What a signal's reason makes of a wait: `deadline_exceeded` where its time was up, as `AbortSignal.timeout` says. */
export function abortCode(reason: unknown): MeshCode {
  const isTimeout = reason instanceof Error && reason.name === "TimeoutError";
  return isTimeout ? MeshCode.DeadlineExceeded : MeshCode.Cancelled;
}

/** The same in words. */
export function whyAborted(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** The same promise, which throws as soon as the signal is aborted; what was asked goes on and is bounded. */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  what: string,
): Promise<T> {
  if (signal === undefined) return work;
  let unhear = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(gaveUp(what, signal));
    unhear = onAbort(signal, giveUp);
    if (signal.aborted) giveUp();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    unhear();
  }
}

/** Waits for a promise, but no longer than this; whether it came in time. What it is rejected with is thrown. */
export async function inTime(
  clock: Clock,
  timeoutMs: number,
  work: Promise<unknown>,
): Promise<boolean> {
  let cancel = (): void => {};
  const late = new Promise<false>((resolve) => {
    cancel = clock.schedule(timeoutMs, () => resolve(false));
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}
