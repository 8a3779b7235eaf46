import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, isMeshError } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { connect as connectPlain } from "@nats-io/transport-node";
import fc from "fast-check";
import { greeter } from "../support/greeter.ts";
import { blocksOf, bodiesLike, bounded } from "../support/nonsense.ts";
import { publishRaw } from "../support/raw.ts";

const types = ["json", "protobuf", "vnd.myelin.claim", "vnd.myelin.sealed"];
const blocks = blocksOf({
  "Mesh-From": ["a 1", "a 9e99", "a.b 1", "a -1", "* 1"],
  "Mesh-Frames": ["1", "3"],
  "Mesh-Error": ["internal", "domain_error", "overloaded", "unavailable", "draining", "xx"],
  "Mesh-Retry-After": ["100"],
  "Nats-Service-Error": ["xx: yy"],
  "Nats-Service-Error-Code": ["400", "503", "999"],
  "Content-Type": types.map((type) => `application/${type}`),
});
const bodies = bodiesLike(
  "",
  "1",
  "null",
  '{"text":"x"}',
  '{"name":"rude","data":7}',
  '{"claim":1,"id":"aaaaaaaaaaaaaaaa","bytes":20,"partBytes":1024,"sha256":"x","type":"application/json"}',
);
const answers = fc.array(fc.tuple(bodies, blocks), { minLength: 1, maxLength: 5 });

type Answers = readonly (readonly [body: Uint8Array | string, block: string | undefined])[];

test("no bytes that answer a call crash or hang who called, and the next call gets its answer", async () => {
  await using server = await startMesh({ jetstream: true });
  const far = await connectPlain(await server.options("greeter"));
  const impatient = { retry: { attempts: 1 }, breaker: { openMs: 1 } };
  await using me = await connect({ name: "me", ...server.access, ...impatient });
  let said: Answers = [];
  // A plain client in the agent's place: it knows to whom to answer, and nothing else.
  far.subscribe("mesh.call.greeter.*.any.*", {
    callback: (_error, { reply = "" }) => {
      for (const [body, block] of said) publishRaw(far, reply, body, "", block);
    },
  });
  await far.flush();
  const { echo, count } = me.client(greeter);
  const codes = new Set<string>();
  /** Ends, with what the contract promises or with an error of ours. */
  const ends = async (call: () => Promise<void>): Promise<void> => {
    try {
      await call();
      codes.add("answered");
    } catch (error) {
      if (!isMeshError(error)) throw error;
      assert.ok(error.code !== "internal" || error.origin === "peer", String(error.cause));
      codes.add(error.code);
    }
  };
  try {
    await fc.assert(
      fc.asyncProperty(answers, async (list) => {
        said = list;
        const limit = { timeoutMs: 200 };
        await ends(async () => {
          const { text } = await echo({ text: "x" }, limit);
          assert.equal(typeof text, "string");
        });
        await ends(async () => {
          for await (const frame of count({ to: 3 }, limit)) assert.equal(typeof frame, "number");
        });
      }),
      bounded(200),
    );
    assert.ok(codes.size > 2, `it ended in different ways: ${[...codes]}`);
    said = [['{"text":"up"}', undefined]];
    await eventually("the breaker lets calls through", async () => {
      return (await echo({ text: "up" })).text === "up";
    });
    assert.ok(me.isUp);
    // A run that the time limit has cut off goes on until its own is over.
    await eventually("nothing is under way", () =>
      me.metrics.snapshot().called.every(({ inFlight }) => inFlight === 0),
    );
  } finally {
    await far.close();
  }
});
