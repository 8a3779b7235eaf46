import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, type MeshError } from "../../../libs/errors/index.ts";
import { handler } from "../../../libs/serve/handler.ts";
import { request } from "../../../libs/testing/index.ts";
import { refused, turn } from "./world.ts";

const secret = new TypeError("the password is hunter2");

/** What a streaming handler that gives this comes to, and what the agent hears of it. */
function streaming(given: () => unknown) {
  const failed: unknown[] = [];
  const serve = handler(given, (thrown) => failed.push(thrown));
  const answer = serve(request({ operation: { skill: "count", streams: true } }));
  return { failed, answer };
}

/** An iterable whose iterator gives this for its first result. */
function giving(next: () => unknown): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => ({ next }) } as AsyncIterable<unknown>;
}

/** For `assert.rejects`: it failed, and tells nothing of why. */
function failedQuietly(error: unknown): boolean {
  assert.ok(refused(MeshCode.HandlerFailed)(error), String(error));
  assert.doesNotMatch((error as MeshError).message, /hunter2|TypeError|null/);
  return true;
}

test("a stream that cannot even be begun is handler_failed, without what was thrown", async () => {
  const { failed, answer } = streaming(() => ({
    [Symbol.asyncIterator]: () => {
      throw secret;
    },
  }));
  await assert.rejects(answer, failedQuietly);
  assert.deepEqual(failed, [secret]);
});

test("an iterator that gives no result ends its stream as handler_failed", async () => {
  for (const nothing of [null, undefined, 7]) {
    const { failed, answer } = streaming(() => giving(async () => nothing));
    const frames = (await answer) as AsyncIterableIterator<unknown>;
    await assert.rejects(frames.next(), failedQuietly);
    assert.match(String(failed[0]), /its iterator gave no result/);
    assert.equal((await frames.next()).done, true);
  }
});

test("a promise is no stream, and one that fails later ends no process", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  const { answer } = streaming(async () => {
    throw secret;
  });
  await assert.rejects(answer, {
    code: "invalid_output",
    message: /far\.count streams, but its handler gave a promise, not an async iterable/,
  });
  for (let turns = 0; turns < 3; turns++) await turn();
  process.off("unhandledRejection", onUnhandled);
  assert.deepEqual(unhandled, []);
});

test("what only looks like a promise is refused like one", async () => {
  const odd = {
    // biome-ignore lint/suspicious/noThenProperty: a handler may give anything, that too
    get then() {
      throw secret;
    },
  };
  // biome-ignore lint/suspicious/noThenProperty: a handler may give anything, that too
  for (const given of [{ then: 1 }, odd]) {
    const served = new Promise((resolve) => resolve(streaming(() => given).answer));
    await assert.rejects(served, refused(MeshCode.InvalidOutput));
  }
});
