import assert from "node:assert/strict";
import { test } from "node:test";
import { Mesh } from "../../../libs/agent/mesh.ts";
import { resolveConnect } from "../../../libs/agent/options.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { echo, echoHandlers, ManualClock } from "../../../libs/testing/index.ts";
import { FakeLink } from "../transport/world.ts";

/** A connection on a fake link, with time moved by hand. */
function joined(name = "echo") {
  const far = new FakeLink();
  const clock = new ManualClock(1_000);
  const mesh = new Mesh(resolveConnect({ name, clock, random: () => 0.5 }), far.link, "e1");
  const asked = () => far.sent.filter(({ subject }) => subject.startsWith("mesh.call."));
  return { far, clock, mesh, asked };
}

test("an agent listens to a fixed number of subjects, and to none after it was closed", async () => {
  const { far, mesh, clock } = joined();
  await mesh.start();
  await mesh.serve(echo, echoHandlers);
  assert.ok(mesh.isServing);
  for (const subject of [
    "mesh.call.echo.*.any.*",
    "mesh.call.echo.*.v-1-0-0.*",
    "mesh.call.echo.*.i-e1.*",
    "mesh.control.echo.any.*",
    "mesh.control.echo.i-e1.*",
    "_INBOX.echo.e1.*",
  ]) {
    assert.ok(far.subjects.includes(subject), subject);
  }
  await mesh.close();
  assert.equal(mesh.isServing, false);
  assert.deepEqual(far.subjects, []);
  assert.equal(far.listeners, 0);
  assert.equal(clock.pending, 0, "no timer is left");
});

test("a connection that only called is gone without a trace", async () => {
  const { far, mesh, clock, asked } = joined("ops");
  await mesh.start();
  const call = assert.rejects(mesh.client(echo).say({ text: "hi" }), { code: "closed" });
  assert.equal(asked()[0]?.subject, "mesh.call.echo.say.any.ops");
  await mesh.close();
  await call;
  assert.deepEqual(far.subjects, []);
  assert.equal(far.listeners, 0);
  assert.equal(clock.pending, 0);
});

test("closing twice is closing once, and disposing is closing", async () => {
  const { mesh, far } = joined();
  const closing = mesh.close();
  await Promise.all([closing, mesh.close(), mesh[Symbol.asyncDispose]()]);
  assert.equal(far.listeners, 0);
});

test("a call on a closed connection ends at once", async () => {
  const { mesh } = joined("ops");
  await mesh.close();
  await assert.rejects(
    mesh.client(echo).say({ text: "hi" }),
    (error) => error instanceof MeshError,
  );
});

test("a connection serves its own name, once, and not while it closes", async () => {
  const other = joined("ops");
  await assert.rejects(other.mesh.serve(echo, echoHandlers), {
    code: "invalid_argument",
    message: /this connection's name is ops/,
  });
  const { mesh } = joined();
  await mesh.serve(echo, echoHandlers);
  await assert.rejects(mesh.serve(echo, echoHandlers), { message: /serves echo already/ });
  const closing = mesh.close();
  await assert.rejects(mesh.serve(echo, echoHandlers), { code: "closed" });
  await closing;
});

test("handlers that do not fit the contract are refused by name, and nothing is listened to", async () => {
  const { mesh, far } = joined();
  const before = far.subjects.length;
  const wrong = { say: echoHandlers.say, sing: () => ({}) };
  await assert.rejects(mesh.serve(echo, wrong as never), {
    code: "invalid_argument",
    message: /no handler for spell; no such skill: sing/,
  });
  assert.equal(far.subjects.length, before);
  await mesh.serve(echo, echoHandlers);
  await mesh.close();
});

test("a drain's limit out of range is refused, and the connection goes on", async () => {
  const { mesh } = joined("ops");
  for (const timeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    await assert.rejects(mesh.drain({ timeoutMs }), { code: "invalid_argument" });
  }
  await mesh.drain({ timeoutMs: 0 });
});

test("a drain waits for what runs, and says goodbye after it", async () => {
  const { mesh, far } = joined();
  let finish: (value: { text: string }) => void = () => {};
  const running = new Promise<{ text: string }>((resolve) => {
    finish = resolve;
  });
  await mesh.serve(echo, { ...echoHandlers, say: () => running });
  far.deliver("mesh.call.echo.say.any.ops", '{"text":"hi"}', "", "_INBOX.ops.o1.t");
  let isDrained = false;
  const draining = mesh.drain({ timeoutMs: 60_000 }).then(() => {
    isDrained = true;
  });
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isDrained, false);
  finish({ text: "done" });
  await draining;
  const said = far.sent.map(({ subject, text }) => `${subject} ${text}`);
  const answer = said.findIndex((line) => line.startsWith("_INBOX.ops.o1.t "));
  const goodbye = said.findIndex((line) => line.includes('"GONE"'));
  assert.ok(answer >= 0 && answer < goodbye, said.join("\n"));
});

test("a question that cannot be sent keeps nothing open in the inbox", async () => {
  const { mesh, far } = joined("ops");
  const refused: string[] = [];
  const publish = far.publish.bind(far);
  far.publish = (subject, payload, out = {}) => {
    if (!subject.startsWith("$SRV.")) return publish(subject, payload, out);
    refused.push(out.reply ?? "");
    throw new MeshError(MeshCode.PermissionDenied, subject);
  };
  mesh
    .client(echo)
    .say({ text: "hi" })
    .catch(() => undefined);
  const [reply] = refused;
  assert.ok(reply);
  far.deliver(reply, "{}");
  assert.equal(mesh.metrics.snapshot().lateReplies, 1);
  await mesh.close();
});
