import { isMeshCode, MeshCode, MeshError } from "../../errors/index.ts";
import type { Delivered } from "../stored/acks.ts";
import type { RetryingConfig } from "./retrying-options.ts";
import type { Try } from "./running.ts";

/** What is known of the attempts at a message: a task, or an event of a subscription. */
export interface Tried {
  /** Whether one has begun with this delivery. */
  readonly hasBegun: boolean;
  /** How many count: those that a process's own end cut short do not. */
  readonly spent: number;
  /** The last ones, oldest first. */
  readonly tries: readonly Try[];
}

/** How often a message may be tried, and how often the server delivers it. */
export interface Limits {
  readonly config: Pick<RetryingConfig, "attempts">;
  readonly mostDeliveries: () => number;
}

/** Which delivery of a message it is. */
type Counted = Pick<Delivered, "deliveries">;

/** Deliveries that are kept for its end, at most: it may have to be said again. */
const mostSpare = 3;

/**
 * How often more a message can be tried before the server delivers it no more; below 0 where this delivery is none to
 * try it with. Attempts are counted in the store, and the copy that tells them may be behind: what is delivered too
 * often has to end all the same, while somebody has it who can say why.
 */
export function triesLeft({ deliveries }: Counted, { config, mostDeliveries }: Limits): number {
  const most = mostDeliveries();
  const spare = Math.max(0, Math.min(mostSpare, most - config.attempts - 1));
  return most - spare - deliveries;
}

/** How many attempts are spent: before a handler has run for it, as often as it was delivered. */
export function spentOf(
  tried: Pick<Tried, "hasBegun" | "spent"> | undefined,
  { deliveries }: Counted,
): number {
  return tried?.hasBegun === true ? tried.spent : deliveries;
}

/** An attempt with one delivery. */
interface TryAt {
  /** Undefined where nobody knows yet what it is an attempt at. */
  readonly tried: Pick<Tried, "hasBegun" | "spent"> | undefined;
  readonly delivery: Counted;
  /** How often it may be tried that failed so. Default: as often as everything. */
  readonly mostTries?: number;
}

/** Whether no attempt is left after this one, or no delivery to make one with. */
export function isLastTry({ tried, delivery, mostTries }: TryAt, limits: Limits): boolean {
  const { attempts } = limits.config;
  return spentOf(tried, delivery) >= (mostTries ?? attempts) || triesLeft(delivery, limits) <= 0;
}

/** What is known of a message before it is tried once more. */
interface Spending {
  /** `event 7 of mail`. */
  readonly what: string;
  readonly tried: Pick<Tried, "spent" | "tries">;
  /** `triesLeft` of it. */
  readonly left: number;
}

/** Why a message need not be tried once more: its attempts are spent, or below 0 are left; undefined where it may be. */
export function whySpent(
  { what, tried, left }: Spending,
  { attempts }: Limits["config"],
): MeshError | undefined {
  const { spent, tries } = tried;
  const isSpent = spent >= attempts;
  if (!isSpent && left >= 0) return undefined;
  const last = tries.at(-1)?.error;
  if (isSpent && last !== undefined && isMeshCode(last)) {
    // It could not be ended then: the store was away.
    return new MeshError(last, `${what}: the last of ${attempts} attempts failed so`);
  }
  const why = isSpent
    ? `all ${attempts} attempts at it were begun, and nobody saw the last one end`
    : "it was delivered as often as it may be, and no attempt at it ended";
  return new MeshError(MeshCode.UnknownOutcome, `${what}: ${why}`);
}
