import assert from "node:assert/strict";
import { test } from "node:test";
import { RetryBudget } from "../../../libs/call/budget.ts";
import { Limiters, resolveLimiter } from "../../../libs/call/limiter.ts";
import { resolveRetry } from "../../../libs/call/retry-options.ts";
import { type CallParts, callStack, foreignStack, sealingStack } from "../../../libs/call/stack.ts";
import { defineAgent } from "../../../libs/contract/index.ts";
import { Wheel } from "../../../libs/pipeline/index.ts";
import { MeshMetrics, MeshTracer } from "../../../libs/telemetry/index.ts";
import { answering, call, ManualClock } from "../../../libs/testing/index.ts";
import { breakersOn, TestLink } from "./world.ts";

function parts(): CallParts {
  const clock = new ManualClock();
  const retry = resolveRetry();
  return {
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
  };
}

test("a call goes through these layers, in this order", () => {
  const layers = callStack(parts());
  assert.deepEqual(
    layers.map((layer) => layer(answering(1).send).name),
    ["trace", "validate", "deadline", "retry", "breaker", "limiter", "pick", "attempt"],
  );
});

test("a call to an agent with sealed skills is sealed innermost", () => {
  const layers = sealingStack(parts(), {
    name: "tester",
    seals: () => assert.fail("nothing is sealed yet"),
    find: () => assert.fail("nobody is looked for yet"),
    doubt: () => {},
  });
  assert.deepEqual(layers.map((layer) => layer(answering(1).send).name).slice(-2), [
    "attempt",
    "seal",
  ]);
});

test("a call to another workspace is looked at innermost, and no instance is picked for it", async () => {
  const picker = { pick: () => assert.fail("nothing is known of instances there") };
  const layers = foreignStack({ ...parts(), picker });
  const names = layers.map((layer) => layer(answering(1).send).name);
  assert.deepEqual(names.slice(-3), ["pick", "attempt", "crossing"]);
  const far = answering(1);
  await layers[6]?.(far.send)(call());
  assert.equal(far.calls, 1);
});
