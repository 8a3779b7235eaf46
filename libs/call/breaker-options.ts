import { checkNumbers, overDefaults } from "../pipeline/index.ts";

/** When calls to a skill are refused here because it keeps failing there. */
export interface BreakerOptions {
  /** It opens when more than this share of the calls of the window failed. Default: 0.5. */
  readonly failureShare?: number;
  /** Fewest calls in the window for it to open. Default: 10. */
  readonly minCalls?: number;
  /** The window that is judged, in milliseconds. Default: 10000. */
  readonly windowMs?: number;
  /** How long it refuses before one call may try, in milliseconds. Default: 5000. */
  readonly openMs?: number;
}

/** BreakerOptions with every default filled in and every value checked. */
export type BreakerConfig = Readonly<Required<BreakerOptions>>;

const defaults: BreakerConfig = Object.freeze({
  failureShare: 0.5,
  minCalls: 10,
  windowMs: 10_000,
  openMs: 5_000,
});

/** Fills in and checks the options, once, at start. */
export function resolveBreaker(options: BreakerOptions = {}): BreakerConfig {
  return checkNumbers<BreakerConfig>("breaker", overDefaults("breaker", defaults, options), {
    failureShare: { min: 0, max: 1, whole: false },
    minCalls: { min: 1, max: 1_000_000, whole: true },
    windowMs: { min: 100, max: 3_600_000, whole: true },
    openMs: { min: 1, max: 3_600_000, whole: true },
  });
}
