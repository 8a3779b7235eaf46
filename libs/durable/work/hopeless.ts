import { MeshCode, MeshError } from "../../errors/index.ts";
import { triesLeft, whySpent } from "../attempts/tried.ts";
import type { KnownTask } from "./known-task.ts";
import type { TaskDelivery } from "./task-delivery.ts";
import type { TasksConfig } from "./tasks-options.ts";
import type { TaskTurn } from "./turn.ts";
import type { WorkParts } from "./work-parts.ts";

/** Deliveries of a task that this version cannot read; the server makes some more before it gives up itself. */
const mostUnread = 12;

/** How often a task may be tried that failed so. One for another version may meet a worker of that. */
export function mostTriesFor(
  turn: TaskTurn | undefined,
  { code }: MeshError,
  { attempts }: TasksConfig,
): number {
  const isUnread = turn?.hasBegun !== true && code === MeshCode.UnknownSkill;
  return isUnread ? Math.max(attempts, mostUnread) : attempts;
}

/** Why the task of this delivery need not be tried. */
export function hopeless(
  turn: TaskTurn,
  delivery: TaskDelivery,
  parts: Pick<WorkParts, "config" | "mostDeliveries">,
): MeshError | undefined {
  const { config } = parts;
  const left = { ms: leftMs(turn.task, delivery, config), tries: triesLeft(delivery, parts) };
  return whyHopeless(turn, left, config);
}

/** What a task has left. */
export interface Left {
  readonly ms: number;
  readonly tries: number;
}

/** Why a task need not be tried once more: its attempts are spent, or its time is. */
export function whyHopeless(
  turn: TaskTurn,
  left: Left,
  config: TasksConfig,
): MeshError | undefined {
  const { id, operation, head, isCancel } = turn.task;
  if (isCancel) return undefined;
  const what = `${operation.key}: task ${id}`;
  const spent = whySpent({ what, tried: turn, left: left.tries }, config);
  if (spent !== undefined || left.ms > 0) return spent;
  const late = `${what} was not done within ${head.timeoutMs} ms`;
  return new MeshError(MeshCode.DeadlineExceeded, late);
}

/** Until the deadline of a task, in milliseconds; of one that names none, as long as an attempt may take. */
export function leftMs(
  task: KnownTask,
  delivery: TaskDelivery,
  { attemptMs }: TasksConfig,
): number {
  const end = endOf(task, delivery);
  return end === undefined ? attemptMs : end - Date.now();
}

/** The deadline of a task, in milliseconds since 1970; undefined where it names none. What was moved has it anew. */
export function endOf(
  { head }: Pick<KnownTask, "head">,
  { storedAt }: Pick<TaskDelivery, "storedAt">,
): number | undefined {
  return head.timeoutMs === undefined ? undefined : storedAt.getTime() + head.timeoutMs;
}
