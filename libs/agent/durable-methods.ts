import type { Contract } from "../contract/index.ts";
import type {
  Schedule,
  ScheduleOptions,
  SubmitOptions,
  Submitter,
  TaskHandle,
  WaitOptions,
} from "../durable/index.ts";
import type { Operation, Replay, TraceContext } from "../pipeline/index.ts";

/** What a skill that answers once has beside a call: the same work, stored. */
export interface DurableMethods<Input, Output> {
  /**
   * Resolves when the task is stored: it is done although this process, the agent or the broker may die. With `at` or
   * `delayMs` it is done later, by keeper's hand.
   */
  submit(input: Input, options?: SubmitOptions): Promise<TaskHandle<Output>>;
  /** Resolves when it is stored that this is to be done again and again, as a cron says. */
  schedule(input: Input, options: ScheduleOptions): Promise<Schedule>;
  /** What this name has for later of this skill, once or again; keeper answers. */
  schedules(options?: WaitOptions): AsyncIterable<Schedule>;
}

/** In what they are called. */
export interface Within {
  readonly trace: TraceContext | undefined;
  readonly conversation?: string | undefined;
  readonly replay?: Replay | undefined;
}

/** The methods of one skill, bound to what they are called in. */
export type BindDurable = (
  operation: Operation,
  within: Within | undefined,
) => DurableMethods<unknown, unknown>;

/** The durable methods of a contract's skills. */
export function durableMethods(contract: Contract, submitter: Submitter): BindDurable {
  return (operation, within) => {
    const { trace, conversation, replay } = within ?? {};
    const about = { contract, operation, trace, conversation, replay };
    return {
      // Written out: to spread it here, and take it apart there, is a tenth of what submitting costs.
      submit: (input, options) =>
        submitter.submit({ contract, operation, input, trace, conversation, replay }, options),
      schedule: (input, options) => submitter.scheduler.schedule({ ...about, input, options }),
      schedules: (options) => submitter.scheduler.schedules(about, options),
    };
  };
}
