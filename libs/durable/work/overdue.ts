import { runningState, Store } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { readRunning } from "../attempts/running.ts";
import type { StoredMessage } from "../stored/answers.ts";
import { readGeneration } from "../tasks/generation.ts";
import { type AbandonedParts, believed, endForWorker } from "./abandoned.ts";
import { endOf } from "./hopeless.ts";
import { type KnownTask, readBareTask } from "./known-task.ts";
import type { TaskDelivery } from "./task-delivery.ts";
import { TaskTurn } from "./turn.ts";

/**
 * When the deadline of a stored message is over, in milliseconds since 1970: of a task, and of an order to cancel one.
 * Undefined of what names no deadline, and of what is neither. Nobody is believed yet.
 */
export function deadlineOf(delivery: TaskDelivery): number | undefined {
  try {
    return endOf(readBareTask(delivery, delivery.address?.agent ?? ""), delivery);
  } catch {
    // Its worker says what is wrong with it.
    return undefined;
  }
}

/**
 * Ends a task whose deadline is over and that was given to no worker; true when its message may go.
 *
 * What a worker would do that comes now, in the same order: dead letter, final result. What somebody has begun all the
 * same, by another message of the same task, or takes in the same moment, is left to him. An order to cancel ends
 * without a word: it lives longer than any task.
 */
export async function endOverdue(
  parts: AbandonedParts,
  delivery: TaskDelivery,
  agent: string,
): Promise<boolean> {
  const { task, error } = await believed(parts, delivery, agent);
  if (task === undefined) return endForWorker(parts, { delivery, agent, turn: undefined, error });
  if (task.isCancel) return true;
  const found = await parts.store.last(Store.results, task.states(runningState));
  const turn = new TaskTurn(task, delivery, parts);
  if (found !== undefined && mayBeHad(found, turn, delivery)) return turn.isOver();
  return endForWorker(parts, { delivery, agent, turn, error: unbegun(task) });
}

/** Whether an attempt at the task has begun, by this message or by another one of the same id. */
function mayBeHad(
  found: StoredMessage,
  { generation }: TaskTurn,
  { sequence }: TaskDelivery,
): boolean {
  if (readGeneration(found.head) < generation) return false;
  const { sequence: begun, tries } = readRunning(found);
  // Without a try it is a keeper's, which has died before it was through, or an order to cancel.
  return tries.length > 0 || (begun !== 0 && begun !== sequence);
}

function unbegun({ id, operation, head }: KnownTask): MeshError {
  const { key, agent } = operation;
  const detail = `${key}: task ${id} was not begun within ${head.timeoutMs} ms, no worker took it; see whether workers of ${agent} run, and are not too few (\`myelin tasks ls\`)`;
  return new MeshError(MeshCode.DeadlineExceeded, detail);
}
