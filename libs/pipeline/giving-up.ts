import { MeshCode, MeshError } from "../errors/index.ts";

/** What to throw once a signal was aborted: its reason where that is an error of ours, else `cancelled`. */
export function gaveUp(what: string, { reason }: AbortSignal): MeshError {
  if (reason instanceof MeshError) return reason;
  const why = reason instanceof Error ? reason.message : String(reason);
  return new MeshError(MeshCode.Cancelled, `${what} was given up: ${why}`);
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
    const onAbort = (): void => reject(gaveUp(what, signal));
    signal.addEventListener("abort", onAbort, { once: true });
    unhear = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    unhear();
  }
}
