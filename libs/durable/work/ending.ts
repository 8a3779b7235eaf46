import { isMeshError, MeshCode, MeshError } from "../../errors/index.ts";
import type { Outcome } from "../../telemetry/index.ts";
import { readError } from "../../wire/index.ts";
import { buryTask } from "../dead/dead.ts";
import { letterAbout } from "../dead/letter-about.ts";
import type { Put } from "../stored/answers.ts";
import type { OutMessage } from "../stored/store.ts";
import { type FinalParts, failureOf } from "../tasks/final.ts";
import type { KnownTask } from "./known-task.ts";
import type { TaskDelivery } from "./task-delivery.ts";
import type { TaskTurn } from "./turn.ts";
import type { WorkParts } from "./work-parts.ts";

/** What became of the wish to end a task; `outdated` when another attempt has begun, `again` when it must be tried again. */
export type Ended = "done" | "outdated" | "again" | { readonly gaveUp: MeshCode };

/** How a delivered message ends for good: what is stored, and in which order. */
export class Ending {
  readonly #parts: WorkParts;
  readonly #delivery: TaskDelivery;
  /** Undefined where nobody knows whose task it is. */
  readonly #turn: TaskTurn | undefined;

  constructor(parts: WorkParts, delivery: TaskDelivery, turn: TaskTurn | undefined) {
    this.#parts = parts;
    this.#delivery = delivery;
    this.#turn = turn;
  }

  /** With the handler's answer. */
  finish(turn: TaskTurn, final: OutMessage): Promise<Ended> {
    return this.#answer(turn, final, "ok");
  }

  async #answer(turn: TaskTurn, final: OutMessage, outcome: Outcome): Promise<Ended> {
    try {
      return endedBy(await this.#store(turn, final, outcome));
    } catch (error) {
      // Written again it would be as large.
      if (isMeshError(error, MeshCode.PayloadTooLarge)) return this.giveUp(error);
      throw error;
    }
  }

  /** With a failure: an error that the skill declares is an answer, every other one gives the task up. */
  async fail(error: MeshError): Promise<Ended> {
    const turn = this.#turn;
    if (error.code !== MeshCode.DomainError || turn === undefined) return this.giveUp(error);
    return this.#answer(turn, this.#failure(turn, error), error.code);
  }

  /** Dead letter, then final result: each is stored before the next. */
  async giveUp(error: MeshError): Promise<Ended> {
    const turn = this.#turn;
    // A cancellation has no result of its own.
    const isTask = turn !== undefined && !turn.task.isCancel;
    if (isTask && !turn.hasBegun) {
      const begun = await turn.begin("end");
      if (begun !== "begun") return begun === "over" ? "done" : "again";
    }
    if (isTask && (await turn.givenUp(error)).is === "outdated") return "outdated";
    const { attempt: attempts = 0, tries, task } = turn ?? {};
    const { instance, signer } = this.#parts;
    const given = { task, instance, error, attempts, tries, signer: signer() };
    await buryTask(this.#parts, this.#delivery, given);
    const gaveUp = error.code;
    if (!isTask) return { gaveUp };
    const put = await this.#store(turn, this.#failure(turn, error), error.code);
    return put.is === "outdated" ? "outdated" : { gaveUp };
  }

  /** Because it was cancelled. */
  async cancel(turn: TaskTurn): Promise<Ended> {
    // A worker may have ended it between the look and this turn; from now on nobody else can.
    if (await turn.isOver()) return "done";
    const { id, submitter, canceller = submitter } = turn.task;
    const cancelled = new MeshError(MeshCode.Cancelled, `${canceller} cancelled task ${id}`);
    const error = (await this.#buried(turn)) ?? cancelled;
    const put = await this.#store(turn, this.#failure(turn, error), error.code);
    // Another attempt has begun in between: again, until one of the two has written.
    return put.is === "outdated" ? "again" : "done";
  }

  /** Why the task was given up, where who did so died before its final result: the letter lies there. */
  async #buried({ task, generation, before }: TaskTurn): Promise<MeshError | undefined> {
    if (before?.isEnding !== true) return undefined;
    const { agent, skill } = task.operation;
    const address = { kind: "task", agent, skill, task: task.id, generation } as const;
    // Of an earlier task of the same id it tells nothing; of what was redriven it names the first message.
    const place = generation > 0 ? undefined : before.sequence;
    const letter = await letterAbout(this.#parts.store, address, place);
    return letter && readError(letter.head, () => undefined);
  }

  #failure(turn: TaskTurn, error: MeshError): OutMessage {
    return failureOf(error, finalParts(turn, this.#parts));
  }

  async #store(turn: TaskTurn, final: OutMessage, outcome: Outcome): Promise<Put> {
    const put = await turn.finish(final);
    if (put.is === "stored") this.#parts.metrics.task(turn.task.operation).end(outcome);
    return put;
  }
}

/** Whose final result it is. */
export function finalParts(
  { task, attempt, generation }: TaskTurn,
  { signer, signing }: WorkParts,
): FinalParts {
  return { task, generation, attempt: Math.max(attempt, 1), signer: signer(), signing };
}

function endedBy(put: Put): Ended {
  return put.is === "stored" ? "done" : "outdated";
}

/** What its author has to know: otherwise he sees it come through, and nothing of it anywhere. */
export function takenOver({ id, operation }: KnownTask): string {
  return `${operation.key}: another attempt at task ${id} has taken over, or it is over; what this one did is not stored`;
}
