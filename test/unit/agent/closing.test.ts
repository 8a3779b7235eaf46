import assert from "node:assert/strict";
import { test } from "node:test";
import { Mesh } from "../../../libs/agent/mesh.ts";
import { resolveConnect } from "../../../libs/agent/options.ts";
import { echo, echoHandlers, ManualClock } from "../../../libs/testing/index.ts";
import { deferred } from "../transport/serving.ts";
import { FakeLink, stateOf } from "../transport/world.ts";

/** A connection on a fake link, with time moved by hand. */
function joined() {
  const far = new FakeLink();
  const clock = new ManualClock(1_000);
  const mesh = new Mesh(resolveConnect({ name: "echo", clock, random: () => 0.5 }), far.link, "e1");
  return { far, clock, mesh };
}

test("who begins to serve on a connection that is closed meanwhile hears closed, and serves nothing", async () => {
  const { far, mesh, clock } = joined();
  const flushed = deferred();
  far.flushing = flushed.promise as Promise<void>;
  const serving = assert.rejects(mesh.serve(echo, echoHandlers), {
    code: "closed",
    message: /the connection of echo was closed before it served/,
  });
  const closing = mesh.close();
  flushed.resolve(undefined);
  await serving;
  await closing;
  assert.equal(mesh.isServing, false);
  assert.deepEqual(far.subjects, []);
  assert.equal(far.listeners, 0);
  assert.equal(clock.pending, 0, "no timer is left");
});

test("a server that never says that it has stopped holds up no close, and no drain for long", async () => {
  for (const timeoutMs of [undefined, 5_000]) {
    const { far, mesh, clock } = joined();
    const subscribe = far.subscribe.bind(far);
    far.subscribe = (subject, onMessage) => {
      subscribe(subject, onMessage);
      return { stop: () => new Promise(() => {}) };
    };
    await mesh.serve(echo, echoHandlers);
    const ended = timeoutMs === undefined ? mesh.close() : mesh.drain({ timeoutMs });
    await clock.advanceAsync((timeoutMs ?? 0) + 3_000);
    assert.equal(await stateOf(ended), "done");
    assert.equal(far.isUp, false, "the link is closed");
  }
});

test("a second drain may shorten the first, and never makes it longer", async () => {
  const { far, mesh, clock } = joined();
  await mesh.serve(echo, { ...echoHandlers, say: () => new Promise(() => {}) });
  far.deliver("mesh.call.echo.say.any.ops", '{"text":"hi"}', "", "_INBOX.ops.o1.t");
  const ended = mesh.drain({ timeoutMs: 60_000 });
  await clock.advanceAsync(1_000);
  const shorter = mesh.drain({ timeoutMs: 2_000 });
  const longer = mesh.drain({ timeoutMs: 600_000 });
  await clock.advanceAsync(1_000);
  assert.equal(await stateOf(ended), "pending");
  await clock.advanceAsync(4_000);
  assert.deepEqual(await Promise.all([ended, shorter, longer].map(stateOf)), [
    "done",
    "done",
    "done",
  ]);
  assert.match(far.sent.map(({ head }) => head).join(""), /unknown_outcome/);
});
