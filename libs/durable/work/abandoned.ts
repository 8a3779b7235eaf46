import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Signer } from "../../identity/index.ts";
import { type BuryParts, bury, deadTask } from "../dead/dead.ts";
import { failureOf } from "../tasks/final.ts";
import { type KnownTask, readBareTask } from "./known-task.ts";
import type { TaskDelivery } from "./task-delivery.ts";
import { TaskTurn } from "./turn.ts";
import type { TurnParts, VerifyTask } from "./work-parts.ts";

export interface AbandonedParts extends BuryParts {
  readonly instance: string;
  readonly metrics: TurnParts["metrics"];
  readonly signer: () => Signer | undefined;
  /** Absent where there is no operator to trust. */
  readonly verify: VerifyTask | undefined;
}

/**
 * Ends a task that nobody acknowledged however often it was delivered: its workers died of it each time.
 *
 * What a worker would have done when it gives up, in the same order: dead letter, final result. Every step is safe to
 * repeat, and to do beside another keeper. Resolves when the message may go; throws when it has to be done again.
 */
export async function endAbandoned(
  parts: AbandonedParts,
  delivery: TaskDelivery,
  agent: string,
): Promise<void> {
  const { task } = await believed(parts, delivery, agent);
  if (task?.isCancel === true) return;
  const turn = task === undefined ? undefined : new TaskTurn(task, delivery, parts);
  // Nobody has it: the server does not deliver it any more.
  await turn?.isLate();
  const error = undone(delivery, agent, turn?.attempt ?? 0);
  if (!(await endForWorker(parts, { delivery, agent, turn, error }))) throw again(delivery);
}

/** A message that keeper ends in the place of its agent's workers. */
export interface EndedForWorker {
  readonly delivery: TaskDelivery;
  readonly agent: string;
  /** Undefined where nobody knows whose task it is. */
  readonly turn: TaskTurn | undefined;
  readonly error: MeshError;
}

/** Dead letter, then final result: each is stored before the next; false when somebody else has taken the task. */
export async function endForWorker(
  parts: AbandonedParts,
  { delivery, agent, turn, error }: EndedForWorker,
): Promise<boolean> {
  const { instance, signer } = parts;
  const begun = await turn?.begin("end");
  if (begun === "over" || begun === "again") return begun === "over";
  const { task, attempt: attempts = 0, tries } = turn ?? {};
  const given = { instance, error, attempts, tries, signer: signer() };
  await bury(parts, deadTask(agent, delivery, task), given);
  if (task === undefined || turn === undefined) return true;
  const final = { task, attempt: Math.max(1, attempts), generation: turn.generation };
  const put = await turn.finish(failureOf(error, { ...final, signer: signer() }));
  return put.is === "stored" || turn.isOver();
}

/** A task, or why a message is to be taken for none. */
type Believed =
  | { readonly task: KnownTask; readonly error: undefined }
  | { readonly task: undefined; readonly error: MeshError };

/**
 * The task that it is, without the contract; undefined, and why, where it is none, or nobody vouches for whose it is.
 * Throws `unavailable` while that cannot be told.
 */
export async function believed(
  { verify }: Pick<AbandonedParts, "verify">,
  delivery: TaskDelivery,
  agent: string,
): Promise<Believed> {
  try {
    const task = readBareTask(delivery, agent);
    if (task.moved !== undefined) await verify?.(delivery, { submitter: task.submitter, agent });
    return { task, error: undefined };
  } catch (thrown) {
    const error = MeshError.from(thrown);
    // Who moved it cannot be told now: later it can.
    if (error.code === MeshCode.Unavailable) throw error;
    return { task: undefined, error };
  }
}

function undone({ message, deliveries }: TaskDelivery, agent: string, attempts: number): MeshError {
  const detail = `${message.subject}: ${agent} got it ${deliveries} times and never said how it ended (${attempts} attempts begun); its workers die of it, or are stopped each time`;
  return new MeshError(MeshCode.UnknownOutcome, detail);
}

function again({ message, sequence }: TaskDelivery): MeshError {
  const detail = `${message.subject} ${sequence}: its state changes while it is ended`;
  return new MeshError(MeshCode.Unavailable, detail);
}
