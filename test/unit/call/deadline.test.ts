import assert from "node:assert/strict";
import { test } from "node:test";
import { deadline } from "../../../libs/call/deadline.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, Wheel } from "../../../libs/pipeline/index.ts";
import { answering, call, failing, hanging, ManualClock } from "../../../libs/testing/index.ts";
import { refused } from "./world.ts";

function ground() {
  const clock = new ManualClock(1_000);
  const signal = new CallSignal(new Wheel(clock));
  return { clock, signal, layer: deadline(clock) };
}

test("a call without an answer ends when its time is up", async () => {
  const { clock, signal, layer } = ground();
  const ended = layer(hanging().send)(call({ signal, timeoutMs: 500 }));
  clock.advance(499);
  assert.equal(signal.reason, undefined);
  clock.advance(20);
  await assert.rejects(ended, refused(MeshCode.DeadlineExceeded, "here"));
});

test("an answer settles the deadline: nothing ends the call later", async () => {
  const { clock, signal, layer } = ground();
  await layer(answering(1).send)(call({ signal, timeoutMs: 500 }));
  clock.advance(1_000);
  assert.equal(signal.reason, undefined);
});

test("a failure settles the deadline as well", async () => {
  const { clock, signal, layer } = ground();
  await assert.rejects(layer(failing(MeshCode.HandlerFailed).send)(call({ signal })));
  clock.advance(60_000);
  assert.equal(signal.reason, undefined);
});

test("a call whose time is up is refused at once and not sent", async () => {
  const { signal, layer } = ground();
  const far = answering(1);
  await assert.rejects(
    layer(far.send)(call({ signal, timeoutMs: -3 })),
    refused(MeshCode.DeadlineExceeded, "here"),
  );
  assert.equal(far.calls, 0);
});

test("a call that was given up before it began is not sent", async () => {
  const { signal, layer } = ground();
  const far = answering(1);
  signal.end(new MeshError(MeshCode.Cancelled, "test"));
  await assert.rejects(layer(far.send)(call({ signal })), refused(MeshCode.Cancelled));
  assert.equal(far.calls, 0);
});
