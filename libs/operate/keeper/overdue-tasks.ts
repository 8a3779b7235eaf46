import type { TaskAddress } from "@myelin/subjects";
import {
  deadlineOf,
  endOverdue,
  type TaskDelivery,
  type VerifyTask,
  verifyTasks,
} from "../../durable/index.ts";
import { givenTasks } from "./given-tasks.ts";
import type { Keeping } from "./keeping.ts";
import { Rounds } from "./rounds.ts";
import { deliveryOf, endingParts, removeTask } from "./stored-task.ts";
import { TaskSweep } from "./task-sweep.ts";

/** When tasks are ended that no worker took in time. */
export interface OverdueOptions {
  /** How long after their deadline, in milliseconds: a worker that is there is sooner. Default: a minute. */
  readonly graceMs?: number;
  /** How often it is looked for them, in milliseconds. Default: half a minute. */
  readonly everyMs?: number;
  /** Most messages that are looked at each time; the next time goes on behind them. Default: 10000. */
  readonly most?: number;
}

const aMinute = 60_000;
const halfMinute = 30_000;
const atOnce = 16;

/** What is overdue of one agent's tasks of one class. */
interface Overdue {
  readonly address: TaskAddress;
  readonly tasks: TaskDelivery[];
}

/**
 * Ends tasks whose deadline is over and that were given to no worker, since none runs, or too few: dead letter, final
 * result, and the message goes. What was given to one is left to workers, and to the net under those that die; so is
 * what names no deadline.
 *
 * Several may do so side by side: every step writes nothing twice.
 */
export class OverdueTasks {
  readonly #keeping: Keeping;
  readonly #verify: VerifyTask | undefined;
  readonly #graceMs: number;
  readonly #most: number;
  readonly #rounds: Rounds;
  #sweep: TaskSweep | undefined;

  constructor(
    keeping: Keeping,
    { graceMs = aMinute, everyMs = halfMinute, most = 10_000 }: OverdueOptions = {},
  ) {
    const { trust, account } = keeping.workspace;
    this.#keeping = keeping;
    this.#verify = trust === undefined ? undefined : verifyTasks(trust, account);
    this.#graceMs = graceMs;
    this.#most = most;
    this.#rounds = new Rounds(keeping, everyMs, (signal) => this.#look(signal));
  }

  /** Throws where there is no stream of tasks. */
  async start(): Promise<void> {
    this.#sweep ??= new TaskSweep(this.#keeping.vault, this.#most);
    await this.#sweep.start();
    await this.#rounds.start();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.#sweep?.stop();
  }

  async #look(signal: AbortSignal): Promise<void> {
    const failures: unknown[] = [];
    for (const overdue of (await this.#find(signal)).values()) {
      // Those of another agent may be ended all the same.
      await this.#endAll(overdue, signal).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** What is overdue in the next part of the stream, by agent and class. */
  async #find(signal: AbortSignal): Promise<ReadonlyMap<string, Overdue>> {
    const found = new Map<string, Overdue>();
    const before = Date.now() - this.#graceMs;
    for await (const stored of this.#sweep?.part(signal) ?? []) {
      // Nobody says which delivery of it this is: any that comes is later, and may take it over.
      const delivery = deliveryOf(stored, 0);
      const { address } = delivery;
      const deadline = deadlineOf(delivery);
      if (address === undefined || deadline === undefined || deadline > before) continue;
      const key = `${address.agent} ${address.priority}`;
      const own = found.get(key) ?? { address, tasks: [] };
      own.tasks.push(delivery);
      found.set(key, own);
    }
    return found;
  }

  /** Where one cannot be brought to its end nothing more is begun: it would only fill the store. */
  async #endAll({ address, tasks }: Overdue, signal: AbortSignal): Promise<void> {
    const { vault, logger } = this.#keeping;
    const { agent } = address;
    const isGiven = await givenTasks(vault, address);
    const left = tasks.filter(
      ({ message, sequence }) => !isGiven({ subject: message.subject, sequence }),
    );
    let gone = 0;
    const failures: unknown[] = [];
    for (let at = 0; at < left.length && failures.length === 0 && !signal.aborted; at += atOnce) {
      const ending = left.slice(at, at + atOnce).map((task) => this.#end(task, agent));
      for (const one of await Promise.allSettled(ending)) {
        if (one.status === "rejected") failures.push(one.reason);
        else if (one.value) gone++;
      }
    }
    const said = `${agent} took none of ${gone} tasks by their deadlines: they are ended`;
    if (gone > 0) logger.warn({ agent, gone }, said);
    if (failures.length > 0) throw failures[0];
  }

  /** Whether it is gone now. */
  async #end(task: TaskDelivery, agent: string): Promise<boolean> {
    const parts = endingParts(this.#keeping, this.#verify);
    if (!(await endOverdue(parts, task, agent))) return false;
    await removeTask(this.#keeping.vault, task.sequence);
    return true;
  }
}
