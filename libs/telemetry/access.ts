import type { Outcome } from "./meters.ts";

/** One line of an access log: a request that was served or refused here. */
export interface AccessRecord {
  readonly agent: string;
  readonly skill: string;
  /** As the broker enforced it. */
  readonly caller: string;
  /** The call's id: the same on each attempt. */
  readonly id: string;
  readonly attempt: number;
  /** The agents the call has come through, comma-separated, the caller last. */
  readonly path: string;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  /** `ok` or an error code. */
  readonly code: Outcome;
  /** Until the answer, or the last frame, in milliseconds. */
  readonly tookMs: number;
}

/** Hears of each request when it is over. What it throws is ignored. */
export type AccessHook = (record: AccessRecord) => void;
