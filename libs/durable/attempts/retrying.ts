import { MeshCode, MeshError } from "../../errors/index.ts";
import type { RetryingConfig } from "./retrying-options.ts";

/**
 * Failures that another attempt may not have.
 *
 * More than of a call: the handler of a task, or of an event, sees the same id on each attempt, so it can keep its
 * effects single, and nobody waits in front of it.
 */
const passing: ReadonlySet<MeshCode> = new Set([
  MeshCode.HandlerFailed,
  MeshCode.DeadlineExceeded,
  MeshCode.Unavailable,
  MeshCode.UnknownAgent,
  MeshCode.UnknownSkill,
  MeshCode.UnknownOutcome,
  MeshCode.Overloaded,
  MeshCode.Draining,
  MeshCode.CircuitOpen,
  MeshCode.BrokenStream,
  MeshCode.Closed,
  MeshCode.Internal,
]);

export function mayPass({ code }: MeshError): boolean {
  return passing.has(code);
}

/** What a wait goes by. */
interface Waits {
  readonly config: Pick<RetryingConfig, "firstDelayMs" | "maxDelayMs">;
  readonly random: () => number;
}

/** How long to wait before the attempt after this one, in milliseconds: at least what the failure asks for. */
export function delayAfter(attempt: number, error: MeshError, { config, random }: Waits): number {
  const { firstDelayMs, maxDelayMs } = config;
  const most = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempt - 1, 30));
  // Half of it is fixed: with full jitter a message could spend its attempts within moments.
  const delay = most / 2 + (random() * most) / 2;
  // What the handler asked elsewhere may have said when to come again.
  const { retryAfterMs = 0 } = error.cause instanceof MeshError ? error.cause : error;
  return Math.ceil(Math.max(delay, retryAfterMs));
}

const reserveMs = 10_000;

/**
 * How long a message waits whose end could not be stored, in milliseconds: those of its deliveries that are left
 * beyond its attempts are few, and have to last until the store is there again.
 */
export function untilStore(
  delayMs: number,
  { deliveries }: { readonly deliveries: number },
  { attempts }: Pick<RetryingConfig, "attempts">,
): number {
  return deliveries < attempts ? delayMs : Math.max(delayMs, reserveMs);
}
