import { checkNumbers, overDefaults } from "../../pipeline/index.ts";
import { anyTime, type RetryingOptions, retryingDefaults } from "../attempts/retrying-options.ts";

/** How an agent works on tasks. */
export interface TasksOptions extends RetryingOptions {
  /** Most that run at once on this instance. Default: 4. */
  readonly concurrency?: number;
  /** Longest an attempt may take, in milliseconds; then its signal is aborted. Default: 900000, a quarter of an hour. */
  readonly attemptMs?: number;
}

/** TasksOptions with every default filled in and every value checked. */
export type TasksConfig = Readonly<Required<TasksOptions>>;

const defaults: TasksConfig = { ...retryingDefaults, concurrency: 4, attemptMs: 900_000 };

export function resolveTasks(options: TasksOptions): TasksConfig {
  return checkNumbers("serve.tasks", overDefaults("serve.tasks", defaults, options), {
    concurrency: { min: 1, max: 1_000, whole: true },
    attempts: { min: 1, max: 100, whole: true },
    attemptMs: anyTime,
    firstDelayMs: anyTime,
    maxDelayMs: anyTime,
  });
}
