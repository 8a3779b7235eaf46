import { MeshCode, MeshError } from "../../errors/index.ts";

/** Throws `cancelled` once somebody has given up: what was done by then is done, and told. */
export function throwIfGivenUp(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const reason: unknown = signal.reason;
  const why = reason instanceof Error ? reason.message : String(reason);
  throw new MeshError(MeshCode.Cancelled, `the work on dead letters was given up: ${why}`);
}
