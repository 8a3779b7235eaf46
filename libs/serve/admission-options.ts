import { checkNumbers, overDefaults } from "../pipeline/index.ts";

/** What one instance takes on at once. */
export interface AdmissionOptions {
  /** Requests that run at once. Default: 64. */
  readonly concurrency?: number;
  /** Requests that wait for one of these places; more are refused. Default: 64. */
  readonly queue?: number;
  /** Most of all places, running and waiting, that one caller fills while others are active, as a share. Default: 0.5. */
  readonly callerShare?: number;
  /** The instance counts as full when a new request would wait longer than this, in milliseconds. Default: 50. */
  readonly fullAfterMs?: number;
}

/** AdmissionOptions with every default filled in and every value checked. */
export type AdmissionConfig = Readonly<Required<AdmissionOptions>>;

const defaults: AdmissionConfig = Object.freeze({
  concurrency: 64,
  queue: 64,
  callerShare: 0.5,
  fullAfterMs: 50,
});

/** Fills in and checks the options, once, at start. */
export function resolveAdmission(options: AdmissionOptions = {}): AdmissionConfig {
  return checkNumbers<AdmissionConfig>("serve", overDefaults("serve", defaults, options), {
    concurrency: { min: 1, max: 1_000_000, whole: true },
    queue: { min: 0, max: 1_000_000, whole: true },
    callerShare: { min: 0, max: 1, whole: false },
    fullAfterMs: { min: 0, max: 3_600_000, whole: false },
  });
}
