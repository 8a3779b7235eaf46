import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Figure } from "../contracts/editor.ts";
import type { Course, Loss } from "./course.ts";
import { type KillCost, killCost } from "./kill-cost.ts";
import type { Mishap } from "./mishaps.ts";

/** A run, for scripts: `out/run.json`. Times are in milliseconds. */
export interface RunRecord {
  readonly documents: number;
  readonly summarised: number;
  readonly lost: number;
  /** Further attempts of all calls that the desk made. */
  readonly retries: number;
  /** Instances that were ended with SIGKILL. */
  readonly killed: number;
  /** Instances that were drained. */
  readonly drained: number;
  readonly skipped: number;
  /** Documents that were too long, and of which only the beginning was read. */
  readonly cut: number;
  readonly sentBack: number;
  readonly remarked: number;
  /** Whether documents beyond the limit were left out. */
  readonly beyondLimit: boolean;
  readonly tookMs: number;
  readonly server: string;
  readonly digest: { readonly markdown: string; readonly html: string } | undefined;
  readonly kill: (Mishap & KillCost) | undefined;
  readonly drain: Mishap | undefined;
  /** A row per agent, seen by who called it; `p50`, `p95` and `p99` are latencies. */
  readonly table: readonly Figure[];
  readonly losses: readonly Loss[];
}

/** What a record is made of. */
export interface RunFacts {
  readonly course: Course;
  readonly killed: Mishap | undefined;
  readonly drained: Mishap | undefined;
  /** How the calls of the desk's own program went. */
  readonly own: readonly Figure[];
  readonly server: string;
  readonly tookMs: number;
}

/** Puts the facts of a run together. */
export function recordOf({ course, killed, drained, own, server, tookMs }: RunFacts): RunRecord {
  const table = [...course.figures, ...own].sort((one, other) =>
    one.agent < other.agent ? -1 : 1,
  );
  const { documents, summarised, skipped, cut, sentBack, remarked, calls } = course;
  return {
    documents,
    summarised,
    lost: documents - summarised,
    retries: table.reduce((sum, row) => sum + row.retries, 0),
    killed: killed === undefined ? 0 : 1,
    drained: drained === undefined ? 0 : 1,
    ...{ skipped, cut, sentBack, remarked, tookMs, server, table },
    beyondLimit: course.isBeyondLimit,
    digest: course.written,
    kill: killed === undefined ? undefined : { ...killed, ...killCost(calls, killed) },
    drain: drained,
    losses: course.lost,
  };
}

/** Writes the record for scripts; answers with where it is. */
export async function writeRecord(record: RunRecord, out: string): Promise<string> {
  const path = join(out, "run.json");
  await writeFile(path, `${JSON.stringify(record, undefined, 2)}\n`);
  return path;
}
