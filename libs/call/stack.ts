import type { Contract } from "../contract/index.ts";
import type { Call, Clock, Layer, LinkState, Load, Picker, Wheel } from "../pipeline/index.ts";
import type { MeshMetrics, MeshTracer } from "../telemetry/index.ts";
import { attempt } from "./attempt.ts";
import { breaker } from "./breaker.ts";
import type { Breakers } from "./breakers.ts";
import type { RetryBudget } from "./budget.ts";
import { crossing } from "./crossing.ts";
import { deadline } from "./deadline.ts";
import { type Limiters, limiter } from "./limiter.ts";
import { pick } from "./pick.ts";
import { retry } from "./retry.ts";
import type { RetryConfig } from "./retry-options.ts";
import { type SealParts, seal } from "./seal.ts";
import { trace } from "./trace.ts";
import { validate } from "./validate.ts";

/** What the outgoing layers need: one contract, and what its connection shares. */
export interface CallParts {
  readonly contract: Contract;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly random: () => number;
  readonly link: LinkState;
  readonly retry: RetryConfig;
  readonly budget: RetryBudget;
  readonly breakers: Breakers;
  readonly limiters: Limiters;
  readonly picker: Picker;
  readonly load: Load;
  readonly tracer: MeshTracer;
  readonly metrics: MeshMetrics;
}

/** What a call goes through on its way out, outermost first. */
export function callStack(parts: CallParts): readonly Layer[] {
  const { tracer, metrics, clock, wheel, random, link, budget } = parts;
  const onRetry = (call: Call): void => metrics.client(call.operation).retry();
  return [
    // One span for what the caller asked, however many attempts it takes; every refusal below is seen.
    trace(tracer, metrics, clock),
    // The input against the contract: a bad call costs no network.
    validate(parts.contract),
    // Bounds all below, waits included.
    deadline(clock),
    // Inside the deadline, so that waiting counts; outside the breaker, which judges every attempt.
    retry({ config: parts.retry, budget, clock, wheel, random, link, onRetry }),
    // Before the limiter: a dead target must queue nobody.
    breaker(parts.breakers),
    // A slot is held only while an attempt runs, and for a stream until its last frame.
    limiter(parts.limiters),
    // The instance is chosen when the attempt leaves, not when it began to wait.
    pick(parts.picker),
    // Innermost: what is measured, and what the balancer learns, is the far side and the way there.
    attempt(tracer, metrics, parts.load, clock),
  ];
}

/** The same for a contract that has sealed skills. */
export function sealingStack(parts: CallParts, sealing: SealParts): readonly Layer[] {
  return [
    ...callStack(parts),
    // Inside all else: the instance is chosen, and nothing else is sealed for it.
    seal(sealing),
  ];
}

/** The same for an agent of another workspace, of whose instances nothing is known here. */
export function foreignStack(parts: CallParts): readonly Layer[] {
  return [
    ...callStack({ ...parts, picker: anybody }),
    // Inside all else: what is refused here has an attempt's span, and costs no network.
    crossing(),
  ];
}

const anybody: Picker = { pick: () => undefined };
