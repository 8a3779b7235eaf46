import { runningState, Store } from "@myelin/subjects";
import { check, declares, readDomainError } from "../../contract/index.ts";
import { isMeshError, MeshCode, type MeshError } from "../../errors/index.ts";
import type { Link } from "../../nats/index.ts";
import type { Operation } from "../../pipeline/index.ts";
import { Scheduler } from "../later/scheduler.ts";
import { momentOf } from "../later/when.ts";
import { cancelId } from "./cancelling.ts";
import { statesOf } from "./documents.ts";
import { type Receipt, Sender, type SenderParts, type Submission, type Target } from "./sender.ts";
import { checkTaskId, resolveSubmit, type SubmitOptions, within } from "./submit-options.ts";
import { Task } from "./task.ts";
import type { VerifyResult } from "./verifying-results.ts";

export interface SubmitterParts extends SenderParts {
  readonly link: SenderParts["link"] & Pick<Link, "onUp" | "subscribe">;
  /** Throws unless a final result is by whom it should be. */
  readonly verify: VerifyResult;
}

/** Stores tasks for other agents and follows what becomes of them. */
export class Submitter {
  /** What this submitter has done again and again, and what it has for later. */
  readonly scheduler: Scheduler;
  readonly #parts: SubmitterParts;
  readonly #sender: Sender;

  constructor(parts: SubmitterParts) {
    this.#parts = parts;
    this.#sender = new Sender(parts);
    const cancelTask = (operation: Operation, id: string) => this.#cancel(operation, id);
    this.scheduler = new Scheduler({ ...parts, sender: this.#sender, cancelTask });
  }

  /** Resolves when the task is stored; throws when it is not, or `unknown_outcome`. */
  async submit(submission: Submission, options: SubmitOptions | undefined): Promise<Task> {
    const config = within(submission.conversation, resolveSubmit(options));
    const { when, priority, id } = config;
    if (when === undefined) {
      const receipt = await this.#sender.send(submission, { config });
      // That of a task which was there already began when it was stored, and may be another.
      if (receipt.duplicate) return this.task(submission, id, { receipt });
      const endsAt = this.#parts.clock.now() + config.deadlineMs;
      return this.task(submission, id, { receipt, endsAt });
    }
    const plan = { does: "once", ...when, priority } as const;
    const receipt = await this.#sender.send(submission, { config, plan });
    return this.task(submission, id, { receipt, dueAt: momentOf(when, new Date()) });
  }

  /** The handle of a task of this submitter, whichever process of it submitted it. */
  task({ contract, operation }: Target, id: string, here: SubmittedHere = {}): Task {
    const { receipt, dueAt, endsAt } = here;
    checkTaskId(id);
    const skill = contract.skills[operation.skill];
    const what = `the result of task ${id} of ${operation.key}`;
    const parse = (output: unknown): unknown =>
      skill ? check(skill.output, output, MeshCode.InvalidOutput, what) : output;
    const isQueued = receipt !== undefined && dueAt === undefined;
    const cancel = (): Promise<void> =>
      isQueued ? this.#cancelQueued(operation, id) : this.#cancel(operation, id);
    // What a contract made from afar does not know is told as it is.
    const failure = (error: MeshError): MeshError =>
      declares(skill, error) ? readDomainError(error, skill, operation.key) : error;
    return new Task(this.#parts, { operation, id, receipt, dueAt, endsAt, parse, failure, cancel });
  }

  /** Its agent may not have it yet. */
  async #cancel(operation: Operation, id: string): Promise<void> {
    await this.#takeBackUnbegun(operation, id);
    await this.#cancelQueued(operation, id);
  }

  #cancelQueued(operation: Operation, id: string): Promise<void> {
    return this.#sender.tell(operation, { id: cancelId(id) });
  }

  async #takeBackUnbegun(operation: Operation, id: string): Promise<void> {
    const { store, name } = this.#parts;
    const states = statesOf({ submitter: name, task: id, agent: operation.agent });
    if ((await store.last(Store.results, states(runningState))) !== undefined) return;
    try {
      await this.scheduler.takeBack(operation, id);
    } catch (error) {
      // Where nothing can be for later there is nothing to take back.
      if (!isMeshError(error, MeshCode.Unavailable)) throw error;
    }
  }
}

/** What is known of a task that was submitted here. */
interface SubmittedHere {
  readonly receipt?: Receipt;
  /** When it is due, where it is for later. */
  readonly dueAt?: Date;
  /** When its deadline is over. That of work for later begins when keeper releases it, which may be late. */
  readonly endsAt?: number;
}
