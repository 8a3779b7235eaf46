import { MeshError } from "../errors/index.ts";
import {
  type Call,
  CallRecord,
  CallSignal,
  type Clock,
  type Layer,
  type Reply,
  type Send,
  sleep,
} from "../pipeline/index.ts";
import { linkPatienceMs, type RetryParts, Tries } from "./tries.ts";

/**
 * Attempts a call again when nothing was done the first time, or when doing it twice does no harm.
 *
 * Sits inside the deadline, so that waiting counts against it, and outside the breaker, so that the breaker judges
 * every attempt. Fails over from a dead or draining instance at once and free; other retries wait with full jitter,
 * at least as long as the far side asks, and spend from the budget. Never sees a stream after its first frame.
 */
export function retry(parts: RetryParts): Layer {
  return (next) =>
    function retry(call) {
      parts.budget.earn(startedAt(call, parts.clock));
      return next(call).catch((error: unknown) => again(parts, next, { call, error }));
    };
}

/** The deadline outside has just read the clock, which costs half as much as this whole layer. */
function startedAt({ signal, timeoutMs }: Call, clock: Clock): number {
  const { expiresAt } = signal;
  return expiresAt === undefined ? clock.now() : expiresAt - timeoutMs;
}

interface Failed {
  readonly call: Call;
  readonly error: unknown;
}

async function again(parts: RetryParts, next: Send, first: Failed): Promise<Reply> {
  const { call } = first;
  const tries = new Tries(parts, parts.clock.now());
  let error = first.error;
  for (let attempt = call.attempt + 1; ; attempt++) {
    if (!(error instanceof MeshError) || call.signal.reason !== undefined) throw error;
    const now = parts.clock.now();
    const step = tries.judge(call, error, now);
    if (step.is === "stop") throw error;
    if (step.is === "again when the link is up")
      await linkUp(parts, tries.linkUntil, { call, error });
    else if (step.afterMs > 0) await sleep(parts.wheel, now + step.afterMs, call.signal);
    parts.onRetry(call);
    const retried = CallRecord.from(call);
    retried.attempt = attempt;
    try {
      return await next(retried);
    } catch (failure) {
      error = failure;
    }
  }
}

/** Waits for the link as long as the call allows, and not past `until`; then the call's failure stands. */
async function linkUp({ wheel, link }: RetryParts, until: number, failed: Failed): Promise<void> {
  const { signal } = failed.call;
  const patience = new CallSignal(wheel);
  const onEnd = (reason: MeshError): void => patience.end(reason);
  patience.expire(until, linkPatienceMs, "the broker");
  signal.onEnd(onEnd);
  try {
    await link.whenUp(patience);
  } catch {
    // The call's own end is the better reason; otherwise what happened to it is.
    throw signal.reason ?? failed.error;
  } finally {
    patience.settle();
    signal.offEnd(onEnd);
  }
}
