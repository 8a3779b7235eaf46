import assert from "node:assert/strict";
import { test } from "node:test";
import { CallStream } from "../../../libs/agent/call-stream.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import {
  CallSignal,
  type Reply,
  type Send,
  systemClock,
  Wheel,
} from "../../../libs/pipeline/index.ts";
import { call } from "../../../libs/testing/index.ts";

/** A streamed call whose first frame and further frames come when a test says so. */
function stream() {
  const signal = new CallSignal(new Wheel(systemClock));
  const seen = { begun: 0, sent: 0, released: 0, returned: 0 };
  let begin: (reply: Reply) => void = () => {};
  const waiting: ((result: IteratorResult<unknown>) => void)[] = [];
  const frames: AsyncIterableIterator<unknown> = {
    [Symbol.asyncIterator]: () => frames,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    return: async () => {
      seen.returned++;
      return { value: undefined, done: true };
    },
  };
  const send: Send = () => {
    seen.sent++;
    return new Promise((resolve, reject) => {
      begin = resolve;
      signal.onEnd(reject);
    });
  };
  const released = () => void seen.released++;
  const held = new CallStream(() => {
    seen.begun++;
    return { call: call({ signal }), release: released };
  }, send);
  return {
    ...{ held, seen, signal },
    start: () => begin({ value: frames, instance: "a1", load: 0 }),
    give: (value: unknown) => waiting.shift()?.({ value, done: false }),
    end: () => waiting.shift()?.({ value: undefined, done: true }),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a streamed call is sent when its first frame is asked for, not before", async () => {
  const { held, seen } = stream();
  held[Symbol.asyncIterator]();
  await settled();
  assert.deepEqual([seen.begun, seen.sent], [0, 0]);
  held.next().catch(() => undefined);
  assert.deepEqual([seen.begun, seen.sent], [1, 1]);
});

test("frames come until the end, which lets go of everything once", async () => {
  const { held, seen, start, give, end } = stream();
  const [a, b] = [held.next(), held.next()];
  start();
  await settled();
  give("a");
  end();
  assert.deepEqual(await a, { value: "a", done: false });
  assert.deepEqual(await b, { value: undefined, done: true });
  assert.deepEqual(await held.next(), { value: undefined, done: true });
  assert.deepEqual(seen, { begun: 1, sent: 1, released: 1, returned: 0 });
});

test("several frames asked for at once cost one call, and each is answered", async () => {
  const { held, seen, start, give } = stream();
  const asked = [held.next(), held.next(), held.next()];
  start();
  await settled();
  for (const frame of ["a", "b", "c"]) give(frame);
  assert.deepEqual(
    (await Promise.all(asked)).map(({ value }) => value),
    ["a", "b", "c"],
  );
  assert.equal(seen.sent, 1);
});

test("a reader that leaves before it began sends nothing, also not later", async () => {
  const { held, seen } = stream();
  await held.return();
  assert.equal((await held.next()).done, true);
  assert.deepEqual(seen, { begun: 0, sent: 0, released: 0, returned: 0 });
});

test("a reader that leaves before the first frame gives the call up", async () => {
  const { held, seen, signal } = stream();
  const first = assert.rejects(held.next(), { code: "cancelled" });
  await held.return();
  await first;
  assert.equal(signal.reason?.code, "cancelled");
  assert.equal(seen.released, 1);
  assert.equal((await held.next()).done, true);
});

test("a reader that leaves just as the first frame comes gives the call up as well", async () => {
  const { held, seen, signal, start } = stream();
  const first = held.next();
  first.catch(() => undefined);
  start();
  await held.return();
  assert.equal(signal.reason?.code, "cancelled");
  assert.equal(seen.released, 1);
});

test("a reader that leaves while it reads ends the frames, once", async () => {
  const { held, seen, start, give } = stream();
  const first = held.next();
  start();
  await settled();
  give("a");
  await first;
  await held.return();
  await held.return();
  assert.deepEqual(seen, { begun: 1, sent: 1, released: 1, returned: 1 });
});

test("a call that fails before its first frame fails the reader, and lets go", async () => {
  const { held, seen, signal } = stream();
  const first = assert.rejects(held.next(), { code: "overloaded" });
  signal.end(new MeshError(MeshCode.Overloaded, "full"));
  await first;
  assert.equal(seen.released, 1);
  assert.equal((await held.next()).done, true);
});

test("a call that cannot even begin fails the reader with the reason", async () => {
  const refused = new CallStream(
    () => {
      throw new MeshError(MeshCode.InvalidArgument, "timeoutMs");
    },
    () => assert.fail("nothing is sent"),
  );
  await assert.rejects(refused.next(), { code: "invalid_argument" });
  assert.equal((await refused.next()).done, true);
});

test("a stream is read once: a second loop is told to call again", () => {
  const { held } = stream();
  held[Symbol.asyncIterator]();
  assert.throws(() => held[Symbol.asyncIterator](), {
    code: "invalid_argument",
    message: /read once/,
  });
});
