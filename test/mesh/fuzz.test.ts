import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { connect as connectPlain } from "@nats-io/transport-node";
import fc from "fast-check";
import { isMeshCode } from "../../libs/errors/index.ts";
import { Stage } from "../support/greeter.ts";
import { blocksOf, bodiesLike, tokensLike } from "../support/nonsense.ts";
import { publishRaw } from "../support/raw.ts";

/** One of many kinds of nonsense, some close to what is right. */
const tokens = tokensLike(
  ...["mesh", "call", "control", "presence"],
  ...["greeter", "greet", "count", "any", "ops", "i-x", "v-1"],
);
const subjects = fc.oneof(
  fc.constantFrom(
    "mesh.call.greeter.greet.any.ops",
    "mesh.call.greeter.count.any.ops",
    "mesh.control.greeter.any.ops",
    "$SRV.INFO.greeter",
  ),
  fc
    .array(tokens, { minLength: 1, maxLength: 7 })
    .map((list) => `mesh.call.greeter.${list.join(".")}`),
  fc
    .array(tokens, { minLength: 1, maxLength: 4 })
    .map((list) => `mesh.control.greeter.${list.join(".")}`),
  fc
    .array(tokens, { minLength: 1, maxLength: 3 })
    .map((list) => `mesh.presence.greeter.${list.join(".")}`),
  fc.array(tokens, { minLength: 1, maxLength: 3 }).map((list) => `_INBOX.me.${list.join(".")}`),
);
const blocks = blocksOf({
  traceparent: ["00-", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  tracestate: ["a,b"],
  "Mesh-Timeout": ["1"],
  "Mesh-Id": ["ops"],
  "Mesh-Path": ["ops", "a,b"],
  "Mesh-Attempt": ["1"],
  "Mesh-Credit": ["1"],
  "Mesh-From": ["ops 1"],
  "Mesh-Frames": ["1"],
  "Mesh-Error": ["internal"],
  "Content-Type": ["application/json"],
  X: ["a,b"],
});
const bodies = bodiesLike(
  '{"name":"x"}',
  '{"to":3}',
  '{"cancel":{"token":null}}',
  '{"credit":{"token":"x","bytes":-1}}',
  '{"probe":{"tokens":[1,{}]}}',
  '{"state":"READY","load":-1}',
);
const replies = fc.constantFrom(
  "",
  "_INBOX.ops.t.fuzz",
  "_INBOX.eve.x",
  "mesh.call.greeter.greet.any.ops",
);

test("no bytes from the wire crash or hang an instance", async () => {
  await using stage = await Stage.start();
  const nc = await connectPlain(await stage.mesh.options("ops"));
  try {
    let codes = 0;
    nc.subscribe("_INBOX.ops.t.fuzz", {
      callback: (_error, message) => {
        const code = message.headers?.get("Mesh-Error") ?? "";
        if (code !== "" && !isMeshCode(code)) assert.fail(`an answer has the code ${code}`);
        if (code !== "") codes++;
      },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(subjects, bodies, replies, blocks), { minLength: 1, maxLength: 20 }),
        async (messages) => {
          for (const [subject, body, reply, block] of messages)
            publishRaw(nc, subject, body, reply, block);
          await nc.flush();
          assert.deepEqual(await stage.client.echo({ text: "up" }, { timeoutMs: 5_000 }), {
            text: "up",
          });
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(codes > 0, "some of it was answered with a refusal");
    assert.ok(stage.agent.isUp && stage.me.isUp);
    await eventually("nothing is left running", async () => {
      const { served } = stage.agent.metrics.snapshot();
      return served.every((figures) => figures.inFlight === 0);
    });
  } finally {
    await nc.close();
  }
});
