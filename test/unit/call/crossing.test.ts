import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedCallThresholdMs } from "@myelin/subjects";
import { crossing } from "../../../libs/call/crossing.ts";
import { MeshCode } from "../../../libs/errors/index.ts";
import { answering, call } from "../../../libs/testing/index.ts";

test("crossing lets through what the server remembers long enough", async () => {
  const far = answering(1);
  const send = crossing()(far.send);
  await send(call({ timeoutMs: sharedCallThresholdMs }));
  await send(call({ operation: { streams: true, idleMs: sharedCallThresholdMs } }));
  await send(call({ operation: { idleMs: 2 * sharedCallThresholdMs } }));
  assert.equal(far.calls, 3);
});

test("crossing refuses what would be forgotten, and what is sealed", async () => {
  const far = answering(1);
  const send = crossing()(far.send);
  const long = sharedCallThresholdMs + 1;
  const refused = (message: RegExp) => ({ code: MeshCode.InvalidArgument, message });
  const operation = { streams: true, idleMs: long };
  await assert.rejects(send(call({ timeoutMs: long })), refused(/timeoutMs of far\.work/));
  await assert.rejects(send(call({ operation })), refused(/idleMs of far\.work .*got 3600001/));
  await assert.rejects(send(call({ operation: { sealed: true } })), refused(/sealed/));
  assert.equal(far.calls, 0);
});
