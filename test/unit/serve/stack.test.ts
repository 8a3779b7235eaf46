import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent } from "../../../libs/contract/index.ts";
import { handler } from "../../../libs/serve/handler.ts";
import { serveStack } from "../../../libs/serve/stack.ts";
import { MeshMetrics, MeshTracer } from "../../../libs/telemetry/index.ts";
import { ground } from "./world.ts";

test("a request goes through these layers, in this order", () => {
  const { admission, clock } = ground();
  const layers = serveStack({
    contract: defineAgent({ name: "far", version: "1.0.0", skills: {} }),
    admission,
    clock,
    tracer: new MeshTracer({ name: "far", instance: "f1" }),
    metrics: new MeshMetrics(),
    access: undefined,
    onBroken: () => {},
    verifyToken: () => assert.fail("nobody sends a token"),
  });
  const innermost = handler(() => undefined);
  assert.deepEqual(
    [...layers.map((layer) => layer(innermost).name), innermost.name],
    ["trace", "admission", "identity", "validate", "handler"],
  );
});
