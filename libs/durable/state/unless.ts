import type { MeshError } from "../../errors/index.ts";
import { stopOf } from "../claims/stop.ts";

/** What is waited for, or the signal's reason as soon as it is aborted. */
export async function unless<T>(
  signal: AbortSignal | undefined,
  what: string,
  waited: Promise<T>,
): Promise<T> {
  const stop = stopOf(signal, what);
  if (stop === undefined) return waited;
  let onEnd = (_reason: MeshError): void => {};
  const ended = new Promise<never>((_resolve, reject) => {
    onEnd = reject;
    stop.onEnd(reject);
  });
  try {
    return await Promise.race([waited, ended]);
  } finally {
    stop.offEnd(onEnd);
  }
}
