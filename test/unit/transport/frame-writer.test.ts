import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, Frames, Wheel } from "../../../libs/pipeline/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";
import { CreditGate } from "../../../libs/transport/credit-gate.ts";
import { writeFrames } from "../../../libs/transport/frame-writer.ts";
import { windowBytes } from "../../../libs/transport/stream-attempt.ts";
import { json } from "../../../libs/wire/index.ts";
import { deferred, settled } from "./serving.ts";
import { FakeLink, stateOf } from "./world.ts";

const gaveUp = new MeshError(MeshCode.Cancelled, "gave up");

function writing(frames: AsyncIterable<unknown>, credit?: number) {
  const far = new FakeLink();
  const clock = new ManualClock();
  const wheel = new Wheel(clock);
  const signal = new CallSignal(wheel);
  signal.expire(500, 500, "far.work");
  const gate = credit === undefined ? undefined : new CreditGate(credit, signal, wheel, clock);
  const written = writeFrames(frames, {
    ...{ link: far.link, wheel, clock, signal, codec: json, credit: gate },
    idleMs: 1_000,
    reply: "_INBOX.ops.o1.t",
    firstHead: () => "head",
  });
  written.catch(() => undefined);
  const texts = () => far.sent.map(({ text }) => text);
  return { far, clock, wheel, signal, gate, written, texts };
}

/** An iterator that gives what it is told to, and counts how often it was told to stop. */
function source() {
  const frames: ((frame: unknown) => void)[] = [];
  let returns = 0;
  const iterable = {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise<IteratorResult<unknown>>((resolve) => {
          frames.push((value) => resolve({ value, done: value === undefined }));
        }),
      return: async () => {
        returns++;
        return { value: undefined, done: true as const };
      },
    }),
  };
  return { iterable, give: (frame: unknown) => frames.shift()?.(frame), returns: () => returns };
}

async function* count(to: number) {
  for (let n = 0; n < to; n++) yield n;
}

test("all frames are written in order, the first with its head, and then counted", async () => {
  const { written, far, wheel, gate } = writing(count(3), 10_000);
  assert.equal(await written, 3);
  assert.deepEqual(
    far.sent.map(({ text, head }) => [text, head]),
    [
      ["0", "head"],
      ["1", ""],
      ["2", ""],
    ],
  );
  gate?.close();
  assert.deepEqual(wheel.armed(), []);
});

test("a stream without frames is written as none, and its deadline still stands for the answer", async () => {
  const { written, far, signal } = writing(count(0));
  assert.equal(await written, 0);
  assert.deepEqual(far.sent, []);
  assert.notEqual(signal.expiresAt, undefined);
});

test("a reader without room holds the handler back, and one that takes lets it go on", async () => {
  let made = 0;
  const frames = (async function* () {
    for (;;) yield made++;
  })();
  const { texts, gate, signal, written } = writing(frames, 1);
  await settled();
  assert.deepEqual(texts(), ["0"]);
  assert.equal(made, 2, "one frame is made ahead, no more");
  gate?.grant(600);
  await settled();
  assert.deepEqual(texts(), ["0", "1", "2"]);
  signal.end(gaveUp);
  await assert.rejects(written, { code: "cancelled" });
});

test("time without room is not the handler's silence", async () => {
  const { clock, gate, signal, texts } = writing(count(2), 1);
  await settled();
  clock.advance(5_000);
  assert.equal(signal.reason, undefined);
  gate?.grant(1_000);
  await settled();
  assert.deepEqual(texts(), ["0", "1"]);
});

test("a handler that falls silent between frames ends the stream", async () => {
  const { iterable, give, returns } = source();
  const { clock, written, signal } = writing(iterable);
  const reason = () => signal.reason;
  give("a");
  await settled();
  clock.advance(990);
  assert.equal(reason(), undefined);
  clock.advance(30);
  assert.match(reason()?.message ?? "", /gave no frame for 1000 ms/);
  give("late");
  await assert.rejects(written, { code: "deadline_exceeded" });
  assert.equal(returns(), 1);
});

test("a signal that ends stops the handler at once and once, and nothing more is written", async () => {
  const { iterable, give, returns } = source();
  const { written, signal, texts, wheel } = writing(iterable);
  give("a");
  await settled();
  signal.end(gaveUp);
  assert.equal(returns(), 1);
  give("b");
  await assert.rejects(written, { code: "cancelled" });
  assert.equal(returns(), 1);
  assert.deepEqual(texts(), ['"a"']);
  assert.deepEqual(wheel.armed(), []);
});

test("a reader that leaves while the handler waits for room ends both", async () => {
  const { iterable, give, returns } = source();
  const { written, signal, texts } = writing(iterable, 1);
  for (const frame of ["a", "b"]) {
    give(frame);
    await settled();
  }
  signal.end(gaveUp);
  await assert.rejects(written, { code: "cancelled" });
  assert.deepEqual([returns(), texts()], [1, ['"a"']]);
});

test("a frame that cannot be written stops the handler, once", async () => {
  const { iterable, give, returns } = source();
  const { written, signal } = writing(iterable);
  give(10n);
  await assert.rejects(written, { code: "malformed_payload" });
  assert.equal(returns(), 1);
  signal.end(gaveUp);
  assert.equal(returns(), 1, "the signal is not listened to any more");
});

test("a link that refuses a frame stops the handler", async () => {
  const { iterable, give, returns } = source();
  const { written, far } = writing(iterable);
  far.failure = new MeshError(MeshCode.PayloadTooLarge, "1 MiB");
  give("a");
  await assert.rejects(written, { code: "payload_too_large" });
  assert.equal(returns(), 1);
});

test("a plain client's frames wait for the server from time to time, so that memory stays bounded", async () => {
  const big = "x".repeat(100_000);
  const { far, written, texts } = writing(repeat(big, 7));
  const gate = deferred();
  far.flushing = gate.promise as Promise<void>;
  await settled();
  assert.equal(far.flushes, 1);
  assert.ok(texts().length <= 3);
  far.flushing = Promise.resolve();
  gate.resolve(undefined);
  assert.equal(await written, 7);
  assert.ok(far.flushes >= 2);
});

test("a reader that grants far more than any window is written to in portions, as a plain client is", async () => {
  const { far, written, texts, gate } = writing(repeat("x".repeat(100_000), 7), 1e15);
  const flushed = deferred();
  far.flushing = flushed.promise as Promise<void>;
  await settled();
  assert.equal(far.flushes, 1);
  assert.ok(texts().length <= 3, `${texts().length} frames`);
  far.flushing = Promise.resolve();
  flushed.resolve(undefined);
  assert.equal(await written, 7);
  assert.ok(far.flushes >= 2, `${far.flushes} flushes`);
  gate?.close();
});

test("a window that turns out to be without bounds under way brings the portions as well", async () => {
  const { far, written, gate } = writing(repeat("x".repeat(100_000), 9), 1);
  await settled();
  assert.equal(far.flushes, 0);
  gate?.grant(Number.POSITIVE_INFINITY);
  assert.equal(await written, 9);
  assert.ok(far.flushes >= 2, `${far.flushes} flushes`);
  gate?.close();
});

test("a reader of the mesh bounds the memory itself: its frames wait for no server", async () => {
  const { far, written, texts, gate } = writing(repeat("x".repeat(100_000), 12), windowBytes);
  for (let taken = 0; texts().length < 12; taken = texts().length) {
    await settled();
    gate?.grant(windowBytes + taken * 100_258);
  }
  assert.equal(await written, 12);
  assert.equal(far.flushes, 0);
  gate?.close();
});

test("a stream that ends while the server is waited for writes nothing after its end", async () => {
  const { far, written, texts, signal } = writing(repeat("x".repeat(100_000), 7));
  const gate = deferred();
  far.flushing = gate.promise as Promise<void>;
  await settled();
  const before = texts().length;
  signal.end(new MeshError(MeshCode.UnknownOutcome, "stopped"));
  gate.resolve(undefined);
  await assert.rejects(written, { code: "unknown_outcome" });
  assert.equal(texts().length, before);
});

test("a signal that has ended already lets no frame out", async () => {
  const { iterable, give, returns } = source();
  const far = new FakeLink();
  const clock = new ManualClock();
  const wheel = new Wheel(clock);
  const signal = new CallSignal(wheel);
  signal.end(gaveUp);
  const written = writeFrames(Frames.from(iterable), {
    ...{ link: far.link, wheel, clock, signal, codec: json, credit: undefined },
    ...{ idleMs: 1_000, reply: "r", firstHead: () => "" },
  });
  give("a");
  assert.equal(await stateOf(written), "failed");
  assert.deepEqual([far.sent.length, returns()], [0, 1]);
});

async function* repeat(frame: string, times: number) {
  for (let n = 0; n < times; n++) yield frame;
}

test("an empty frame has headers: without, it would end the way back to another workspace", async () => {
  const empty = { contentType: "x", encode: () => new Uint8Array(0), decode: () => undefined };
  const far = new FakeLink();
  const clock = new ManualClock();
  const wheel = new Wheel(clock);
  const written = writeFrames(count(3), {
    ...{ link: far.link, wheel, clock, signal: new CallSignal(wheel), codec: empty },
    ...{ credit: undefined, idleMs: 1_000, reply: "_R_.a.b", firstHead: () => "head" },
  });
  assert.equal(await written, 3);
  assert.deepEqual(
    far.sent.map(({ head }) => head),
    ["head", "head", "head"],
  );
});
