import type { SummaryTask } from "../contracts/editor.ts";
import type { Mishap } from "./mishaps.ts";

/** What the death of an instance cost those who were waiting for it. */
export interface KillCost {
  /** Tasks that another instance took over. */
  readonly tasks: number;
  /** Further attempts that these needed. */
  readonly retries: number;
  /** By how much they took longer than others do, together, in milliseconds. */
  readonly addedMs: number;
  /** The same for the one that waited longest. */
  readonly worstMs: number;
}

// By then the server knows of the death, and gives that instance nothing more.
const noticedMs = 500;

/** Compares the tasks that the kill met with what a task takes otherwise. */
export function killCost(
  repeated: readonly SummaryTask[],
  usualMs: number,
  killed: Mishap,
): KillCost {
  const met = repeated.filter(
    ({ startedAtMs, tookMs }) =>
      startedAtMs <= killed.atMs + noticedMs && startedAtMs + tookMs >= killed.atMs,
  );
  const added = met.map(({ tookMs }) => Math.max(0, tookMs - usualMs));
  return {
    tasks: met.length,
    retries: met.reduce((sum, { attempt }) => sum + attempt - 1, 0),
    addedMs: added.reduce((sum, ms) => sum + ms, 0),
    worstMs: Math.max(0, ...added),
  };
}
