import assert from "node:assert/strict";
import { test } from "node:test";
import { RetryBudget } from "../../../libs/call/budget.ts";
import { Limiters, resolveLimiter } from "../../../libs/call/limiter.ts";
import { resolveRetry } from "../../../libs/call/retry-options.ts";
import { callStack } from "../../../libs/call/stack.ts";
import { defineAgent } from "../../../libs/contract/index.ts";
import { Wheel } from "../../../libs/pipeline/index.ts";
import { MeshMetrics, MeshTracer } from "../../../libs/telemetry/index.ts";
import { answering, ManualClock } from "../../../libs/testing/index.ts";
import { breakersOn, TestLink } from "./world.ts";

test("a call goes through these layers, in this order", () => {
  const clock = new ManualClock();
  const retry = resolveRetry();
  const layers = callStack({
    contract: defineAgent({ name: "far", version: "1.0.0", skills: {} }),
    clock,
    wheel: new Wheel(clock),
    random: () => 0,
    link: new TestLink(),
    retry,
    budget: new RetryBudget(retry, clock),
    breakers: breakersOn(clock),
    limiters: new Limiters(resolveLimiter()),
    picker: { pick: () => undefined },
    load: { sent() {}, answered() {}, failed() {} },
    tracer: new MeshTracer({ name: "tester", instance: "t1" }),
    metrics: new MeshMetrics(),
  });
  assert.deepEqual(
    layers.map((layer) => layer(answering(1).send).name),
    ["trace", "validate", "deadline", "retry", "breaker", "limiter", "pick", "attempt"],
  );
});
