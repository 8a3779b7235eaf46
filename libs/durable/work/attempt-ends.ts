import { isMeshCode, MeshCode, MeshError } from "../../errors/index.ts";
import type { Delivery } from "../stored/delivery.ts";
import type { KnownTask } from "./known-task.ts";
import type { TasksConfig } from "./tasks-options.ts";
import type { Turn } from "./turn.ts";
import type { WorkParts } from "./work-parts.ts";

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

/** Deliveries that are kept for its end, at most: it may have to be said again. */
const mostSpare = 3;

/**
 * How often more a task can be tried before the server delivers it no more; below 0 where this delivery is none to try
 * it with. Attempts are counted in the store, and the copy that tells them may be behind: what is delivered too often
 * has to end all the same, while somebody has it who can say why.
 */
export function triesLeft(
  { deliveries }: Pick<Delivery, "deliveries">,
  { attempts }: Pick<TasksConfig, "attempts">,
  mostDeliveries: number,
): number {
  const spare = Math.max(0, Math.min(mostSpare, mostDeliveries - attempts - 1));
  return mostDeliveries - spare - deliveries;
}

/** Deliveries of a task that this version cannot read; the server makes some more before it gives up itself. */
const mostUnread = 12;

type Limits = Pick<WorkParts, "config" | "mostDeliveries">;

/** Whether a failure ends it: no attempt is left, or no delivery to make one with. */
export function isLastTry(
  turn: Turn | undefined,
  delivery: Delivery,
  { code }: MeshError,
  { config, mostDeliveries }: Limits,
): boolean {
  // A task for another version may meet a worker of that, as long as both are there.
  const isUnread = turn?.hasBegun !== true && code === MeshCode.UnknownSkill;
  const most = isUnread ? Math.max(config.attempts, mostUnread) : config.attempts;
  return spentOf(turn, delivery) >= most || triesLeft(delivery, config, mostDeliveries()) <= 0;
}

/** How many attempts are spent: before a handler has run for it, as often as it was delivered. */
export function spentOf(turn: Turn | undefined, { deliveries }: Delivery): number {
  return turn?.hasBegun === true ? turn.spent : deliveries;
}

/** Why the task of this delivery need not be tried. */
export function hopeless(
  turn: Turn,
  delivery: Delivery,
  { config, mostDeliveries }: Limits,
): MeshError | undefined {
  const tries = triesLeft(delivery, config, mostDeliveries());
  return whyHopeless(turn, { ms: leftMs(turn.task, delivery, config), tries }, config);
}

/** What a task has left. */
export interface Left {
  readonly ms: number;
  readonly tries: number;
}

/** Why a task need not be tried once more: its attempts are spent, or its time is. */
export function whyHopeless(
  { task, spent, tries }: Turn,
  left: Left,
  { attempts }: TasksConfig,
): MeshError | undefined {
  const { id, operation, head, isCancel } = task;
  if (isCancel) return undefined;
  if (spent >= attempts || left.tries < 0) {
    const last = tries.at(-1)?.error;
    if (spent >= attempts && last !== undefined && isMeshCode(last)) {
      // It could not be ended then: the store was away.
      return new MeshError(last, `${operation.key}: the last of ${attempts} attempts failed so`);
    }
    const why =
      spent >= attempts
        ? `all ${attempts} attempts of task ${id} were begun, and nobody saw the last one end`
        : `task ${id} was delivered as often as it may be, and no attempt at it ended`;
    const detail = `${operation.key}: ${why}`;
    return new MeshError(MeshCode.UnknownOutcome, detail);
  }
  if (left.ms > 0) return undefined;
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
