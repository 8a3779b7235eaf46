import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { z } from "zod";
import { createClient, type Parent } from "../../../libs/agent/client.ts";
import { operationsOf } from "../../../libs/agent/operations.ts";
import { defineAgent, skill } from "../../../libs/contract/index.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, Wheel } from "../../../libs/pipeline/index.ts";
import {
  answering,
  type FarSide,
  failing,
  hanging,
  ManualClock,
} from "../../../libs/testing/index.ts";

const far = defineAgent({
  name: "far",
  version: "1.0.0",
  skills: {
    work: skill({ input: z.object({}), output: z.unknown(), deadlineMs: 5_000 }),
    flow: skill({ input: z.object({}), frames: z.unknown() }),
  },
});

function calling(side: FarSide, parent?: (wheel: Wheel) => Parent) {
  const clock = new ManualClock(100);
  const wheel = new Wheel(clock);
  let made = 0;
  const newId = (): string => `id-${++made}`;
  const parts = { name: "me", wheel, now: () => clock.now(), newId, attach: () => "token" };
  const given = parent?.(wheel);
  const none = (): never => {
    throw new MeshError(MeshCode.Internal, "no store");
  };
  const durable = () => ({ submit: none, schedule: none, schedules: none });
  const compiled = { operations: operationsOf(far), send: side.send, durable };
  const client = createClient<typeof far>(compiled, parts, given);
  return { client, clock, parent: given };
}

const parentOf = (wheel: Wheel): Parent => ({
  signal: new CallSignal(wheel),
  path: "ops,near",
  trace: undefined,
});

test("a call is what the caller said, the rest from the contract and the connection", async () => {
  const side = answering("ok");
  const { client } = calling(side);
  assert.equal(await client.work({}), "ok");
  const [call] = side.seen;
  assert.deepEqual(
    [call?.id, call?.path, call?.timeoutMs, call?.attempt, call?.tried, call?.target],
    ["id-1", "me", 5_000, 1, [], undefined],
  );
});

test("each call has its own id, unless the caller names one", async () => {
  const side = answering("ok");
  const { client } = calling(side);
  for (const options of [{}, { id: "order-7" }, {}]) await client.work({}, options);
  assert.deepEqual(
    side.seen.map(({ id }) => id),
    ["id-1", "order-7", "id-2"],
  );
});

test("options out of range are refused before anything is sent or listened to", async () => {
  const side = answering("ok");
  const { client } = calling(side, parentOf);
  const { signal } = new AbortController();
  for (const timeoutMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    await assert.rejects(client.work({}, { timeoutMs, signal }), { code: "invalid_argument" });
  }
  for (const id of ["", "a b", "ä", "a\r\nX: 1", "x".repeat(129)]) {
    await assert.rejects(client.work({}, { id, signal }), { code: "invalid_argument" });
  }
  assert.equal(side.calls, 0);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("an AbortSignal ends every call that was given it, with its reason", async () => {
  const { client } = calling(hanging());
  const controller = new AbortController();
  const calls = Array.from({ length: 20 }, () =>
    assert.rejects(client.work({}, { signal: controller.signal }), {
      code: "cancelled",
      message: /the caller gave up: too slow/,
    }),
  );
  assert.equal(getEventListeners(controller.signal, "abort").length, 1, "one for all of them");
  controller.abort(new Error("too slow"));
  await Promise.all(calls);
});

test("a call that was answered or failed is not ended by its AbortSignal later", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const sides = [answering("ok"), failing(MeshCode.Internal)];
  for (const side of sides)
    await calling(side)
      .client.work({}, { signal })
      .catch(() => undefined);
  controller.abort();
  for (const { seen } of sides) assert.equal(seen[0]?.signal.reason, undefined);
});

test("a call that its AbortSignal's timeout ends is late, not cancelled", async () => {
  const { client } = calling(hanging());
  const controller = new AbortController();
  const late = assert.rejects(client.work({}, { signal: controller.signal }), {
    code: "deadline_exceeded",
    message: /the caller gave up: out of time/,
  });
  // As `AbortSignal.timeout` does.
  controller.abort(new DOMException("out of time", "TimeoutError"));
  await late;
});

test("an AbortSignal that is aborted already ends the call before it waits", async () => {
  const { client } = calling(hanging());
  await assert.rejects(client.work({}, { signal: AbortSignal.abort() }), { code: "cancelled" });
});

test("an onward call carries the path on, and ends with the call it serves", async () => {
  const side = hanging();
  const { client, parent } = calling(side, parentOf);
  const call = assert.rejects(client.work({}), { code: "deadline_exceeded" });
  assert.equal(side.seen[0]?.path, "ops,near,me");
  parent?.signal.end(new MeshError(MeshCode.DeadlineExceeded, "the outer call"));
  await call;
});

test("an onward call has no more time than the call it serves has left", async () => {
  const side = answering("ok");
  const { client, clock, parent } = calling(side, parentOf);
  parent?.signal.expire(1_100, 1_000, "near.work");
  clock.advance(400);
  await client.work({});
  await client.work({}, { timeoutMs: 50 });
  assert.deepEqual(
    side.seen.map(({ timeoutMs }) => timeoutMs),
    [600, 50],
  );
});

test("an onward call of a call that has ended already ends as that one did", async () => {
  const { client, parent } = calling(hanging(), parentOf);
  parent?.signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  await assert.rejects(client.work({}), { code: "cancelled" });
});

test("an onward call that is over is not ended by the call it served", async () => {
  const side = answering("ok");
  const { client, parent } = calling(side, parentOf);
  await client.work({});
  parent?.signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  assert.equal(side.seen[0]?.signal.reason, undefined);
});

test("a streamed call is ended by its AbortSignal up to its last frame, and not later", async () => {
  const frames = (async function* () {
    yield 1;
    yield 2;
  })();
  const side = answering(frames);
  const controller = new AbortController();
  const seen: unknown[] = [];
  const options = { signal: controller.signal };
  for await (const frame of calling(side).client.flow({}, options)) seen.push(frame);
  controller.abort();
  assert.deepEqual(seen, [1, 2]);
  assert.equal(side.seen[0]?.signal.reason, undefined);
  const cut = answering(
    (async function* () {
      yield 1;
    })(),
  );
  const second = new AbortController();
  const reading = calling(cut).client.flow({}, { signal: second.signal })[Symbol.asyncIterator]();
  await reading.next();
  second.abort();
  assert.equal(cut.seen[0]?.signal.reason?.code, "cancelled");
});
