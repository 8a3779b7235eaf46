import { maxDeadlineMs } from "../../contract/index.ts";
import { checkNumbers, overDefaults } from "../../pipeline/index.ts";

/** How an agent works on tasks. */
export interface TasksOptions {
  /** Most that run at once on this instance. Default: 4. */
  readonly concurrency?: number;
  /** Most attempts of one task, over all instances; one that dies counts. Default: 5. */
  readonly attempts?: number;
  /** Longest an attempt may take, in milliseconds; then its signal is aborted. Default: 900000, a quarter of an hour. */
  readonly attemptMs?: number;
  /** Longest first wait before another attempt, in milliseconds; it doubles per attempt. Default: 500. */
  readonly firstDelayMs?: number;
  /** Longest wait of all, in milliseconds. Default: 60000. */
  readonly maxDelayMs?: number;
}

/** TasksOptions with every default filled in and every value checked. */
export type TasksConfig = Readonly<Required<TasksOptions>>;

const defaults: TasksConfig = {
  concurrency: 4,
  attempts: 5,
  attemptMs: 900_000,
  firstDelayMs: 500,
  maxDelayMs: 60_000,
};

const span = { min: 1, max: maxDeadlineMs, whole: false } as const;

export function resolveTasks(options: TasksOptions): TasksConfig {
  return checkNumbers("serve.tasks", overDefaults(defaults, options), {
    concurrency: { min: 1, max: 1_000, whole: true },
    attempts: { min: 1, max: 100, whole: true },
    attemptMs: span,
    firstDelayMs: span,
    maxDelayMs: span,
  });
}
