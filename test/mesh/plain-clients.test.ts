import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, runNatsCli, type TestMesh } from "@myelin/mesh/testing";
import { connect as connectPlain, headers } from "@nats-io/transport-node";
import { connect as connectLegacy, StringCodec } from "nats";
import { Stage } from "../support/greeter.ts";

async function nats(mesh: TestMesh, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await runNatsCli(args, await mesh.cli("ops"));
  return stdout + stderr;
}

test("the nats CLI calls a skill and reads JSON", async () => {
  await using stage = await Stage.start();
  const out = await nats(
    stage.mesh,
    ...["req", "--raw"],
    ...["mesh.call.greeter.greet.any.ops", '{"name":"Ada"}'],
  );
  assert.deepEqual(JSON.parse(out), { text: "Hello Ada from ops" });
});

test("the nats CLI sees an error as ADR-32 headers", async () => {
  await using stage = await Stage.start();
  const out = await nats(
    stage.mesh,
    ...["req"],
    ...["mesh.call.greeter.greet.any.ops", '{"name":""}'],
  );
  assert.match(out, /Nats-Service-Error-Code: 400/);
  assert.match(out, /Nats-Service-Error: invalid_input: /);
  assert.match(out, /Mesh-Error: invalid_input/);
});

test("the nats CLI reads a stream up to its empty end", async () => {
  await using stage = await Stage.start();
  const out = await nats(
    stage.mesh,
    ...["req", "--raw", "--wait-for-empty"],
    ...["mesh.call.greeter.count.any.ops", '{"to":5}'],
  );
  // The CLI prints "nil body" for the empty message that ends it.
  assert.deepEqual(out.trim().split(/\s+/), ["1", "2", "3", "4", "5", "nil", "body"]);
});

test("the legacy nats 2.x package calls a skill", async () => {
  await using stage = await Stage.start();
  const nc = await connectLegacy(await stage.mesh.options("old"));
  try {
    const { encode, decode } = StringCodec();
    const reply = await nc.request("mesh.call.greeter.greet.any.old", encode('{"name":"Ada"}'), {
      timeout: 20_000,
    });
    assert.deepEqual(JSON.parse(decode(reply.data)), { text: "Hello Ada from old" });
    const refused = await nc.request("mesh.call.greeter.nothing.any.old", encode("{}"), {
      timeout: 20_000,
    });
    assert.equal(refused.headers?.get("Nats-Service-Error-Code"), "404");
    assert.equal(refused.headers?.get("Mesh-Error"), "unknown_skill");
  } finally {
    await nc.close();
  }
});

test("a plain client's stream is not held back by credit", async () => {
  await using stage = await Stage.start();
  const nc = await connectPlain(await stage.mesh.options("ops"));
  try {
    const frames: string[] = [];
    let end = "";
    nc.subscribe("_INBOX.ops.1.stream", {
      callback: (_error, message) => {
        if (message.data.length > 0) frames.push(message.string());
        else end = message.headers?.get("Mesh-Frames") ?? "";
      },
    });
    nc.publish("mesh.call.greeter.count.any.ops", '{"to":20000}', { reply: "_INBOX.ops.1.stream" });
    await eventually("the empty end arrives", () => end === "20000");
    assert.equal(frames.length, 20_000);
  } finally {
    await nc.close();
  }
});

test("a caller's deadline in the header binds a plain client's call as well", async () => {
  await using stage = await Stage.start();
  const nc = await connectPlain(await stage.mesh.options("ops"));
  try {
    const given = headers();
    given.set("Mesh-Timeout", "80");
    const reply = await nc.request("mesh.call.greeter.wait.any.ops", "{}", {
      timeout: 20_000,
      headers: given,
    });
    assert.equal(reply.headers?.get("Mesh-Error"), "deadline_exceeded");
    assert.equal(reply.headers?.get("Nats-Service-Error-Code"), "504");
  } finally {
    await nc.close();
  }
});
