import type { SummaryCall } from "../contracts/editor.ts";
import type { Mishap } from "./mishaps.ts";

/** What the death of an instance cost those who were waiting for it. */
export interface KillCost {
  /** Calls that had to be asked again elsewhere. */
  readonly calls: number;
  /** Further attempts that these calls needed. */
  readonly retries: number;
  /** By how much they took longer than others do, together, in milliseconds. */
  readonly addedMs: number;
  /** The same for the one that waited longest. */
  readonly worstMs: number;
}

// By then the mesh knows of the death and asks that instance nothing more.
const noticedMs = 1_500;

/** Compares the calls that the kill met with what a call takes otherwise. */
export function killCost(calls: readonly SummaryCall[], killed: Mishap): KillCost {
  const noticedAtMs = killed.atMs + noticedMs;
  const met = calls.filter(
    ({ attempt, startedAtMs, tookMs }) =>
      attempt > 1 && startedAtMs < noticedAtMs && startedAtMs + tookMs >= killed.atMs,
  );
  const usualMs = median(calls.filter(({ attempt }) => attempt === 1).map((call) => call.tookMs));
  const added = met.map(({ tookMs }) => Math.max(0, tookMs - usualMs));
  return {
    calls: met.length,
    retries: met.reduce((sum, { attempt }) => sum + attempt - 1, 0),
    addedMs: added.reduce((sum, ms) => sum + ms, 0),
    worstMs: Math.max(0, ...added),
  };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
