import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Struck } from "../chaos/chaos.ts";
import type { Digested, Figure } from "../contracts/editor.ts";
import type { Proof } from "../proof/prove.ts";
import { type KillCost, killCost } from "./kill-cost.ts";
import type { Mishap } from "./mishaps.ts";

/** What was done to the desk on purpose. */
export interface Ended {
  readonly killed: Mishap | undefined;
  readonly drained: Mishap | undefined;
  /** With `--chaos`: its seed, and every blow. */
  readonly chaos: { readonly seed: number; readonly blows: readonly Struck[] } | undefined;
}

/** A run, for scripts: `out/run.json`. Times are in milliseconds. */
export interface RunRecord {
  readonly documents: number;
  readonly summarised: number;
  readonly lost: number;
  /** Further attempts of all calls and tasks. */
  readonly retries: number;
  /** Processes that were ended with SIGKILL, the broker's among them. */
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
  readonly digest: { readonly markdown: string; readonly html: string };
  readonly kill: (Mishap & KillCost) | undefined;
  readonly drain: Mishap | undefined;
  readonly chaos: Ended["chaos"];
  /** What a count of the streams says, by somebody who wrote nothing there. */
  readonly proof: Proof;
  /** A row per agent, seen by who asked it; `p50`, `p95` and `p99` are latencies. */
  readonly table: readonly Figure[];
  readonly losses: Digested["losses"];
}

/** What a record is made of. */
export interface RunFacts {
  readonly digested: Digested;
  readonly ended: Ended;
  readonly proof: Proof;
  readonly server: string;
  readonly tookMs: number;
}

/** Puts the facts of a run together. */
export function recordOf({ digested, ended, proof, server, tookMs }: RunFacts): RunRecord {
  const { figures, markdown, html, repeated, usualMs, ...counts } = digested;
  const { killed, drained, chaos } = ended;
  const table = figures.toSorted((one, other) => (one.agent < other.agent ? -1 : 1));
  const blows = chaos?.blows.filter(({ what }) => what === "killed").length ?? 0;
  return {
    ...counts,
    lost: counts.documents - counts.summarised,
    retries: table.reduce((sum, row) => sum + row.retries, 0),
    killed: (killed === undefined ? 0 : 1) + blows,
    drained: drained === undefined ? 0 : 1,
    ...{ tookMs, server, proof, table, chaos },
    digest: { markdown, html },
    kill: killed === undefined ? undefined : { ...killed, ...killCost(repeated, usualMs, killed) },
    drain: drained,
  };
}

/** Whether every document is in the digest, and the streams say the same. */
export function isWhole({ documents, lost, proof }: RunRecord): boolean {
  return lost === 0 && proof.proven === documents && proof.faults.length === 0;
}

/** Writes the record for scripts; answers with where it is. */
export async function writeRecord(record: RunRecord, out: string): Promise<string> {
  const path = join(out, "run.json");
  await writeFile(path, `${JSON.stringify(record, undefined, 2)}\n`);
  return path;
}
