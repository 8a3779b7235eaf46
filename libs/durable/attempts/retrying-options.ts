import { maxDeadlineMs } from "../../contract/index.ts";

/** How often stored work is tried, and how long lies between. */
export interface RetryingOptions {
  /** Most attempts at one message, over all instances; one that dies counts. Default: 5. */
  readonly attempts?: number;
  /** Longest first wait before another attempt, in milliseconds; it doubles per attempt. Default: 500. */
  readonly firstDelayMs?: number;
  /** Longest wait of all, in milliseconds. Default: 60000. */
  readonly maxDelayMs?: number;
}

export type RetryingConfig = Readonly<Required<RetryingOptions>>;

export const retryingDefaults: RetryingConfig = {
  attempts: 5,
  firstDelayMs: 500,
  maxDelayMs: 60_000,
};

/** What a time of such work may be, in milliseconds. */
export const anyTime = { min: 1, max: maxDeadlineMs, whole: false } as const;
