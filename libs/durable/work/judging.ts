import { MeshError } from "../../errors/index.ts";
import { onceKnown } from "../stored/known.ts";
import { type KnownTask, type Reading, readBareTask, readTask } from "./known-task.ts";
import type { TaskDelivery } from "./task-delivery.ts";
import type { WorkParts } from "./work-parts.ts";

/** What a delivered message is, as far as it can be believed, and what stands against doing it. */
export interface Judged {
  /** Whose results may be written; undefined where nobody knows. */
  readonly task: KnownTask | undefined;
  readonly error: MeshError | undefined;
}

/** Reads a task and checks who signed it. One that this version cannot read is somebody's all the same. */
export async function judgeTask(
  delivery: TaskDelivery,
  parts: Reading & Pick<WorkParts, "verify" | "clock" | "warn">,
  isOver: () => boolean,
): Promise<Judged> {
  const { task, error } = readAny(delivery, parts);
  if (task === undefined) return { task, error };
  const { submitter, canceller, moved } = task;
  const { verify, agent, clock, warn } = parts;
  try {
    const whose = { submitter, canceller, agent };
    if (verify) await onceKnown({ clock, warn, isOver }, () => verify(delivery, whose));
    return { task, error };
  } catch (thrown) {
    // The broker vouches for a submitter's name, but not for one that somebody says he moves a task of: what cannot
    // be verified must not end another one's task.
    const isClaimed = moved !== undefined || canceller !== undefined;
    return { task: isClaimed ? undefined : task, error: error ?? MeshError.from(thrown) };
  }
}

function readAny(delivery: TaskDelivery, parts: Reading): Judged {
  try {
    return { task: readTask(delivery, parts), error: undefined };
  } catch (thrown) {
    return { task: bareOf(delivery, parts.agent), error: MeshError.from(thrown) };
  }
}

function bareOf(delivery: TaskDelivery, agent: string): KnownTask | undefined {
  try {
    return readBareTask(delivery, agent);
  } catch {
    // Why it cannot be read is known already.
    return undefined;
  }
}
