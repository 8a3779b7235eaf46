import type { Link } from "../../nats/index.ts";
import type { Clock, Operation } from "../../pipeline/index.ts";
import type { StoreAccess } from "../stored/store.ts";
import { checkServer } from "../stored/version.ts";
import { cancelId } from "../tasks/cancelling.ts";
import type { WaitOptions } from "../tasks/handle.ts";
import type { Sender, Submission, Target } from "../tasks/sender.ts";
import { within } from "../tasks/submit-options.ts";
import { listSchedules } from "./listing.ts";
import type { Plan } from "./plan.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";
import { resolveSchedule, type ScheduleOptions } from "./schedule-options.ts";

export interface SchedulerParts {
  readonly name: string;
  readonly link: Pick<Link, "subscribe" | "onUp" | "serverVersion">;
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly sender: Sender;
  /** Cancels a task that may have begun. */
  readonly cancelTask: (operation: Operation, id: string) => Promise<void>;
}

/** What one submitter asks of keeper: to have work done again and again, what there is for later, to take it back. */
export class Scheduler {
  readonly #parts: SchedulerParts;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  /** Resolves when it is stored that keeper shall have it done again and again. */
  async schedule({
    options,
    ...submission
  }: Submission & { readonly options: ScheduleOptions }): Promise<Schedule> {
    const { config: own, plan } = resolveSchedule(options);
    const { id } = own;
    const config = within(submission.conversation, own);
    await this.#parts.sender.send(submission, { config, plan });
    const cancel = (): Promise<void> => this.takeBack(submission.operation, id);
    return scheduleOf({ id, plan, storedAt: new Date() }, cancel);
  }

  /** What this submitter has for later of a skill, as keeper has it. */
  schedules({ operation }: Target, options: WaitOptions = {}): AsyncIterable<Schedule> {
    const { cancelTask } = this.#parts;
    return listSchedules(options, {
      ...{ ...this.#parts, operation },
      order: (id, plan) => this.#order(operation, id, plan),
      // What is for once may be a task by then.
      cancel: ({ id, plan }) =>
        plan.does === "once" ? cancelTask(operation, id) : this.takeBack(operation, id),
    });
  }

  /** Resolves when it is stored that keeper shall forget it. */
  takeBack(operation: Operation, id: string): Promise<void> {
    return this.#order(operation, cancelId(id), { does: "cancel", id });
  }

  async #order(operation: Operation, id: string, plan: Plan): Promise<void> {
    const { link, sender } = this.#parts;
    checkServer(link.serverVersion, "work for later");
    await sender.tell(operation, { id, plan });
  }
}
