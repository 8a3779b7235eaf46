import { sharedCallThresholdMs } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Call, Layer } from "../pipeline/index.ts";

/**
 * Refuses what cannot cross into another workspace.
 *
 * Innermost, where the call leaves. The server forgets the way back after an hour of silence, so nothing may be waited
 * for longer than that; and no card is known there, so nothing can be sealed for its reader.
 */
export function crossing(): Layer {
  return (next) =>
    function crossing(call) {
      const refusal = refusalOf(call);
      return refusal === undefined ? next(call) : Promise.reject(refusal);
    };
}

function refusalOf({ operation, timeoutMs }: Call): MeshError | undefined {
  const { key, streams, idleMs, sealed } = operation;
  if (sealed === true) {
    return invalid(`${key} takes sealed payloads, which stay within a workspace`);
  }
  if (timeoutMs > sharedCallThresholdMs) return tooLong(key, "timeoutMs", timeoutMs);
  return streams && idleMs > sharedCallThresholdMs ? tooLong(key, "idleMs", idleMs) : undefined;
}

function tooLong(key: string, limit: string, ms: number): MeshError {
  return invalid(
    `${limit} of ${key} must be at most ${sharedCallThresholdMs} milliseconds, since the server forgets longer calls to another workspace; got ${ms}`,
  );
}

function invalid(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
