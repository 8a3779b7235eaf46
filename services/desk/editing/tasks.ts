import { createHash, randomBytes } from "node:crypto";
import type { TaskStatus } from "@myelin/mesh";

/** A name for one desk while it is open; its runs begin with it. */
export function newDesk(): string {
  return randomBytes(4).toString("hex");
}

/** A name for one digest of a desk. */
export function newRun(desk: string): string {
  return desk + randomBytes(4).toString("hex");
}

/** Whether a run is one of this desk, and not of one that was closed while tasks were left. */
export function isRunOf(desk: string, run: string): boolean {
  return run.startsWith(desk);
}

/**
 * The task of editing one document in a run.
 *
 * The same document has the same id, whoever submits it and however often: so an editor that takes over from one that
 * died finds what was done, and nothing is done twice.
 */
export function editTask(run: string, path: string): string {
  return `${run}-${keyOf(path)}`;
}

/** The task of summarising one document, counted from 1: each time that the reviewer sends it back is another one. */
export function summaryTask(run: string, path: string, round: number): string {
  return `${editTask(run, path)}-${round}`;
}

/** What `summaryTask` made an id of; undefined for an id of another run, or of another kind. */
export function readSummaryTask(
  run: string,
  id: string,
): { readonly document: string; readonly round: number } | undefined {
  const [whose, key, round, ...rest] = id.split("-");
  if (whose !== run || round === undefined || rest.length > 0) return undefined;
  return { document: `${whose}-${key}`, round: Number(round) };
}

/** Whether a task without an answer ended for good: it failed, or somebody cancelled it. */
export function hasEnded({ state }: Pick<TaskStatus, "state">): boolean {
  return state === "failed" || state === "cancelled";
}

/** A path may be longer than an id, and has other characters. */
function keyOf(path: string): string {
  return createHash("sha256").update(path).digest("hex").slice(0, 20);
}
