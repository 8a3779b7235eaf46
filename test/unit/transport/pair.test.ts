import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type { Operation, Serve } from "../../../libs/pipeline/index.ts";
import { windowBytes } from "../../../libs/transport/stream-attempt.ts";
import { parseProtobuf } from "../../../libs/wire/index.ts";
import { serving, settled } from "./serving.ts";
import { calling, stateOf } from "./world.ts";

/** A caller and an instance whose links are joined: each message is handed over when a test says so. */
function pair(serve: Serve, operation: Partial<Operation> = {}) {
  const here = calling();
  const there = serving(serve, operation);
  const handed = { toThere: 0, toHere: 0 };
  /** Hands over all that was sent since the last time, in order. */
  const carry = async (): Promise<number> => {
    await settled();
    const asked = here.far.sent.slice(handed.toThere);
    handed.toThere += asked.length;
    for (const { subject, payload, head, reply } of asked)
      there.far.deliver(subject, payload, head, reply);
    await settled();
    const answered = there.far.sent.slice(handed.toHere);
    handed.toHere += answered.length;
    for (const { subject, payload, head } of answered) here.far.deliver(subject, payload, head);
    await settled();
    return asked.length + answered.length;
  };
  const carryAll = async (): Promise<void> => {
    while ((await carry()) > 0);
  };
  const sent = here.send({ operation });
  return { here, there, carry, carryAll, ...sent };
}

test("what one side sends the other understands, in JSON and in protobuf", async () => {
  const of = parseProtobuf(
    'syntax = "proto3"; message Ask { string t = 1; } message Say { uint32 n = 1; }',
  );
  for (const codecs of [{}, { request: of("Ask"), response: of("Say") }]) {
    const { reply, carryAll, there } = pair(async () => ({ n: 7 }), codecs);
    await carryAll();
    assert.deepEqual({ ...(await reply) }, { value: { n: 7 }, instance: "f1", load: 2 });
    assert.equal(there.requests[0]?.caller, "tester");
    assert.equal(there.held.size, 0);
  }
});

test("a stream arrives whole and in order, whatever its frames weigh and however it is read", async () => {
  const sizes = fc.array(fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 200_000 })), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 12 }), async (sizes, pace) => {
      const { reply, carry, carryAll, here, there } = pair(
        async () =>
          (async function* () {
            for (const [at, size] of sizes.entries()) yield `${at}${"x".repeat(size)}`;
          })(),
        { streams: true },
      );
      await carry();
      const frames = (await reply).value as AsyncIterableIterator<unknown>;
      const seen: number[] = [];
      for (let read = 0; seen.length < sizes.length; read++) {
        if (read % pace === 0) await carryAll();
        const next = frames.next();
        if ((await stateOf(next)) === "pending") await carryAll();
        assert.equal(await stateOf(next), "done", "a reader who waits is never forgotten");
        seen.push(((await next).value as string).length);
      }
      await carryAll();
      assert.equal((await frames.next()).done, true);
      assert.deepEqual(
        seen,
        sizes.map((size, at) => size + String(at).length),
      );
      assert.deepEqual([there.held.size, here.open()], [0, 0]);
      assert.deepEqual(there.wheel.armed(), []);
    }),
    { numRuns: 30 },
  );
});

test("a reader that stands still is sent one window, and no more", async () => {
  let made = 0;
  const { reply, carryAll, there } = pair(
    async () =>
      (async function* () {
        for (;;) yield "x".repeat(made++ % 3_000);
      })(),
    { streams: true },
  );
  await carryAll();
  await reply;
  const bytes = there.far.sent.reduce((sum, { payload }) => sum + payload.length + 256, 0);
  assert.ok(bytes > windowBytes / 2 && bytes < windowBytes + 4_000, `${bytes} bytes`);
  assert.ok(made <= there.far.sent.length + 1);
});

test("a reader that leaves stops the handler on the far side, and nothing is held there", async () => {
  let left = false;
  const { reply, carry, carryAll, there, here } = pair(
    async () =>
      (async function* () {
        try {
          for (let n = 0; ; n++) yield "x".repeat(n % 9_000);
        } finally {
          left = true;
        }
      })(),
    { streams: true },
  );
  await carry();
  await ((await reply).value as AsyncIterableIterator<unknown>).return?.();
  await carryAll();
  assert.ok(left);
  assert.deepEqual([there.held.size, here.open()], [0, 0]);
  assert.deepEqual(there.wheel.armed(), []);
});

test("a caller that gives up ends the handler's signal, and nobody is answered", async () => {
  const { reply, signal, carryAll, there } = pair(() => new Promise(() => {}));
  await carryAll();
  signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  await assert.rejects(reply, { code: "cancelled" });
  await carryAll();
  assert.equal(there.requests[0]?.signal.reason?.code, "cancelled");
  assert.deepEqual(there.far.sent, []);
  assert.equal(there.held.size, 0);
});

test("a long call is asked after and kept, and its answer still arrives", async () => {
  let answer: (value: unknown) => void = () => {};
  const { reply, here, carryAll } = pair(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  for (let n = 0; n < 20; n++) {
    await carryAll();
    here.clock.advance(250);
  }
  assert.deepEqual(
    here.told.filter(([what]) => what !== "heard"),
    [],
  );
  answer("late, but here");
  await carryAll();
  assert.equal((await reply).value, "late, but here");
});
