import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Delivery } from "../stored/delivery.ts";
import type { KnownTask } from "./known-task.ts";
import type { TasksConfig } from "./tasks-options.ts";
import type { Turn } from "./turn.ts";

/** How an attempt can end early, beside its deadline. */
export type EarlyEnd = keyof typeof codes;

export function earlyEnd(early: EarlyEnd, id = "the task"): MeshError {
  return new MeshError(codes[early], `${id}: ${whys[early]}`);
}

const codes = {
  superseded: MeshCode.UnknownOutcome,
  cancelled: MeshCode.Cancelled,
  stopping: MeshCode.Draining,
} as const;

const whys = {
  superseded: "another attempt has taken over",
  cancelled: "its submitter cancelled it",
  stopping: "the instance stops, another attempt will be made",
} as const;

/** Why a task need not be tried once more: its attempts are spent, or its time is. */
export function whyHopeless(
  { task, attempt }: Turn,
  leftMs: number,
  { attempts }: TasksConfig,
): MeshError | undefined {
  const { id, operation, head, isCancel } = task;
  if (isCancel) return undefined;
  if (attempt >= attempts) {
    // Its workers died of it, or were stopped, each time.
    const detail = `${operation.key}: all ${attempts} attempts of task ${id} were begun, and none ended`;
    return new MeshError(MeshCode.UnknownOutcome, detail);
  }
  if (leftMs > 0) return undefined;
  const late = `${operation.key}: task ${id} was not done within ${head.timeoutMs} ms`;
  return new MeshError(MeshCode.DeadlineExceeded, late);
}

/** Until the deadline of a task, in milliseconds; of one that names none, as long as an attempt may take. */
export function leftMs(
  { head }: KnownTask,
  { storedAt }: Delivery,
  { attemptMs }: TasksConfig,
): number {
  if (head.timeoutMs === undefined) return attemptMs;
  return storedAt.getTime() + head.timeoutMs - Date.now();
}
