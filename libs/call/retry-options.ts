import { checkNumbers, overDefaults } from "../pipeline/index.ts";

/** How a failed call is attempted again. */
export interface RetryOptions {
  /** Attempts in all, the first included; failing over from a dead instance is not counted. Default: 3. */
  readonly attempts?: number;
  /** Longest first wait, in milliseconds; it doubles per attempt. Default: 100. */
  readonly firstDelayMs?: number;
  /** Longest wait of all, in milliseconds. Default: 2000. */
  readonly maxDelayMs?: number;
  /** Retries allowed for the calls of the last 10 s, as a share of them. Default: 0.2. */
  readonly budgetShare?: number;
  /** Retries allowed beside the share, per second. Default: 10. */
  readonly budgetPerSecond?: number;
}

/** RetryOptions with every default filled in and every value checked. */
export type RetryConfig = Readonly<Required<RetryOptions>>;

const defaults: RetryConfig = Object.freeze({
  attempts: 3,
  firstDelayMs: 100,
  maxDelayMs: 2_000,
  budgetShare: 0.2,
  budgetPerSecond: 10,
});

/** Fills in and checks the options, once, at start. */
export function resolveRetry(options: RetryOptions = {}): RetryConfig {
  return checkNumbers<RetryConfig>("retry", overDefaults("retry", defaults, options), {
    attempts: { min: 1, max: 20, whole: true },
    firstDelayMs: { min: 0, max: 60_000, whole: false },
    maxDelayMs: { min: 0, max: 600_000, whole: false },
    budgetShare: { min: 0, max: 1, whole: false },
    budgetPerSecond: { min: 0, max: 100_000, whole: false },
  });
}
