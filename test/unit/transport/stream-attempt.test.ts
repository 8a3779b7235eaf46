import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { frameOverhead } from "../../../libs/transport/frame-queue.ts";
import { windowBytes } from "../../../libs/transport/stream-attempt.ts";
import { at, block, calling, controls, stateOf } from "./world.ts";

const first = block("Mesh-From: a1 1");
const end = (frames: number) => block("Mesh-From: a1 0", `Mesh-Frames: ${frames}`);

async function streaming(idleMs = 1_000) {
  const on = calling();
  const sent = on.send({ operation: { streams: true, idleMs } });
  sent.answer("0", first);
  const { value } = await sent.reply;
  return { ...on, ...sent, frames: value as AsyncIterableIterator<unknown> };
}

test("frames arrive in order, then the end, and nothing is left open", async () => {
  const { frames, answer, open, far, wheel, signal } = await streaming();
  for (const text of ["1", "2"]) answer(text);
  answer("", end(3));
  signal.settle();
  const seen: unknown[] = [];
  for await (const frame of frames) seen.push(frame);
  assert.deepEqual(seen, [0, 1, 2]);
  assert.equal(open(), 0);
  assert.deepEqual(controls(far, "cancel"), []);
  assert.equal(wheel.armed().length, 1, "only the prober's tick, which ends by itself");
});

test("a stream without frames is there with its end, and is empty", async () => {
  const { send, open } = calling();
  const { reply, answer } = send({ operation: { streams: true } });
  answer("", end(0));
  const { value } = await reply;
  assert.deepEqual(await (value as AsyncIterator<unknown>).next(), {
    value: undefined,
    done: true,
  });
  assert.equal(open(), 0);
});

test("a stream that lost a frame is broken after the frames that came", async () => {
  const { frames, answer } = await streaming();
  answer("", end(2));
  assert.equal((await frames.next()).value, 0);
  await assert.rejects(frames.next(), { code: "broken_stream", message: /1 of 2 frames/ });
  assert.equal((await frames.next()).done, true);
});

test("an error after frames comes after them, and one before the first fails the call", async () => {
  const { frames, answer } = await streaming();
  answer("1");
  answer("", block("Mesh-Error: handler_failed", "Nats-Service-Error: handler_failed: oh"));
  assert.deepEqual([(await frames.next()).value, (await frames.next()).value], [0, 1]);
  await assert.rejects(frames.next(), { code: "handler_failed" });
  const early = calling().send({ operation: { streams: true } });
  early.answer("", block("Mesh-Error: overloaded"));
  await assert.rejects(early.reply, { code: "overloaded" });
});

test("a reader who leaves cancels at the instance that streams, once", async () => {
  const { frames, far, open, token } = await streaming();
  await frames.return?.();
  await frames.return?.();
  assert.deepEqual(
    controls(far, "cancel").map(({ subject, body }) => [subject, body]),
    [["mesh.control.far.i-a1.tester", { token }]],
  );
  assert.equal(open(), 0);
});

test("a frame that cannot be decoded ends the stream and cancels the far side", async () => {
  const { frames, far, answer, open } = await streaming();
  answer("{nope");
  answer("2");
  assert.equal((await frames.next()).value, 0);
  await assert.rejects(frames.next());
  assert.equal(controls(far, "cancel").length, 1);
  assert.equal(open(), 0, "nobody asks after it any more");
});

test("silence while the reader waits ends the stream, and cancels it", async () => {
  const { frames, clock, far } = await streaming(1_000);
  await frames.next();
  const waiting = frames.next();
  const refused = assert.rejects(waiting, {
    code: "deadline_exceeded",
    message: /no frame for 1000 ms/,
  });
  clock.advance(1_020);
  await refused;
  assert.equal(controls(far, "cancel").length, 1);
});

test("silence while the reader does something else is nobody's fault", async () => {
  const { frames, clock, answer, far } = await streaming(100);
  await frames.next();
  answer("1");
  clock.advance(200);
  assert.equal((await frames.next()).value, 1);
  assert.deepEqual(controls(far, "cancel"), []);
});

test("each frame gives the reader at the door a new span of silence", async () => {
  const { frames, clock, answer } = await streaming(100);
  await frames.next();
  for (let n = 1; n <= 3; n++) {
    const waiting = frames.next();
    clock.advance(90);
    answer(String(n));
    assert.equal((await waiting).value, n);
  }
});

test("readers who ask ahead are all answered, and the last of them is bounded as well", async () => {
  const { frames, clock, answer } = await streaming(100);
  const [a, b, c] = [frames.next(), frames.next(), frames.next()];
  answer("1");
  assert.deepEqual([(await a).value, (await b).value], [0, 1]);
  const refused = assert.rejects(c, { code: "deadline_exceeded" });
  clock.advance(120);
  await refused;
});

test("room is given as frames are read, and never for frames that were not", async () => {
  const { frames, answer, far } = await streaming();
  const size = 16_000;
  const text = JSON.stringify("x".repeat(size - 2));
  for (let n = 0; n < 20; n++) answer(text);
  assert.deepEqual(controls(far, "credit"), []);
  for (let n = 0; n < 21; n++) await frames.next();
  const [credit] = controls(far, "credit");
  const read = (credit?.body.bytes ?? 0) - windowBytes;
  assert.ok(read >= windowBytes / 2 && read <= 20 * (size + frameOverhead) + 1 + frameOverhead);
  assert.equal(credit?.subject, "mesh.control.far.i-a1.tester");
});

test("a far side that sends more than there was room for is cut off, and its frames forgotten", async () => {
  const { frames, answer, far, open } = await streaming();
  const text = JSON.stringify("x".repeat(50_000));
  for (let n = 0; n < 40; n++) answer(text);
  assert.equal(controls(far, "cancel").length, 1);
  assert.equal(open(), 0);
  await assert.rejects(frames.next(), { code: "broken_stream" });
});

test("a signal that ends under way ends the stream at once, whatever lies there unread", async () => {
  const { frames, answer, signal, far } = await streaming();
  answer("1");
  signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  await assert.rejects(frames.next(), { code: "cancelled" });
  assert.equal(controls(far, "cancel").length, 1);
});

test("a stream asks for its window, and a call that answers once does not", () => {
  const { send } = calling();
  const stream = send({ operation: { streams: true }, target: at("a1") });
  assert.match(stream.asked?.head ?? "", new RegExp(`\r\nMesh-Credit: ${windowBytes}\r\n`));
  assert.doesNotMatch(send().asked?.head ?? "", /Mesh-Credit/);
});

test("a stream whose instance dies before its first frame has an unknown fate", async () => {
  const { send, clock } = calling();
  const { reply } = send({ operation: { streams: true }, target: at("a1") });
  assert.equal(await stateOf(reply), "pending");
  const refused = assert.rejects(reply, { code: "unknown_outcome" });
  clock.advance(2_000);
  await refused;
});
