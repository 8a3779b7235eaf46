import { resolveBreaker } from "../../../libs/call/breaker-options.ts";
import { Breakers } from "../../../libs/call/breakers.ts";
import { RetryBudget } from "../../../libs/call/budget.ts";
import { Limiters, resolveLimiter } from "../../../libs/call/limiter.ts";
import { resolveRetry } from "../../../libs/call/retry-options.ts";
import { callStack } from "../../../libs/call/stack.ts";
import type { Contract } from "../../../libs/contract/index.ts";
import { Discovery } from "../../../libs/discovery/index.ts";
import {
  type Call,
  CallSignal,
  systemClock as clock,
  type Layer,
  type Operation,
  type Reply,
  type Wheel,
} from "../../../libs/pipeline/index.ts";
import { MeshMetrics, MeshTracer } from "../../../libs/telemetry/index.ts";
import { makePayload } from "../support/payload.ts";

/** The outgoing layers over a link that carries nothing. */
export function outgoingLayers(contract: Contract, wheel: Wheel): readonly Layer[] {
  const link = {
    isUp: true,
    backAt: Number.NEGATIVE_INFINITY,
    whenUp: () => Promise.resolve(),
    publish: () => {},
    subscribe: () => ({ stop: () => Promise.resolve() }),
    onUp: () => () => true,
    onDown: () => () => true,
    onDenied: () => () => true,
  };
  const { random } = Math;
  const discovery = new Discovery({ link, clock, random, ask: () => () => {} });
  const retry = resolveRetry();
  return callStack({
    ...{ contract, clock, wheel, random, link, retry },
    budget: new RetryBudget(retry, clock),
    breakers: new Breakers({ config: resolveBreaker(), clock, onTurn: () => {} }),
    limiters: new Limiters(resolveLimiter()),
    picker: discovery,
    load: discovery,
    tracer: new MeshTracer({ name: "bench-caller", instance: "c1" }),
    metrics: new MeshMetrics(),
  });
}

/** Answers at once, as one of four instances: what is left is what the layers cost. */
export function fakeTransport(): (call: Call) => Promise<Reply> {
  const value = makePayload();
  let turn = 0;
  return ({ target }) => {
    turn = (turn + 1) % 4;
    return Promise.resolve({ value, instance: target?.instance ?? `a${turn}`, load: 1 });
  };
}

/** Makes calls as a client does. */
export function calls(operation: Operation, wheel: Wheel): () => Call {
  const input = makePayload();
  let made = 0;
  return () => ({
    operation,
    input,
    id: `c1-${(++made).toString(36)}`,
    path: "bench-caller",
    timeoutMs: 30_000,
    signal: new CallSignal(wheel),
    trace: undefined,
    attempt: 1,
    tried: [],
    target: undefined,
  });
}
