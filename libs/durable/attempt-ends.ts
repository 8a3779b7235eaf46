import { MeshCode, MeshError } from "../errors/index.ts";
import type { KnownTask } from "./known-task.ts";

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

/** Its workers died of it, or were stopped, each time. */
export function spent({ id, operation }: KnownTask, attempts: number): MeshError {
  const detail = `${operation.key}: all ${attempts} attempts of task ${id} were begun, and none ended`;
  return new MeshError(MeshCode.UnknownOutcome, detail);
}

export function expired({ id, operation, head }: KnownTask): MeshError {
  const detail = `${operation.key}: task ${id} was not done within ${head.timeoutMs} ms`;
  return new MeshError(MeshCode.DeadlineExceeded, detail);
}
