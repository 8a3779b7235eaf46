import { MeshCode, MeshError } from "../../errors/index.ts";

/** The same promise, which throws `cancelled` as soon as the signal says so; what was asked goes on and is bounded. */
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

function gaveUp(what: string, { reason }: AbortSignal): MeshError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new MeshError(MeshCode.Cancelled, `${what} was given up: ${why}`);
}
