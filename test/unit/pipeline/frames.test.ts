import assert from "node:assert/strict";
import { test } from "node:test";
import { Frames } from "../../../libs/pipeline/index.ts";

async function* numbers(count: number, left: string[] = []) {
  try {
    for (let number = 1; number <= count; number++) yield number;
  } finally {
    left.push("source");
  }
}

function broken(error: unknown): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
}

const twice = (frame: unknown) => (frame as number) * 2;
const next = (frame: unknown) => (frame as number) + 1;

test("each step changes a frame, in the order they were added", async () => {
  const seen: unknown[] = [];
  for await (const frame of Frames.from(numbers(2)).each(twice).each(next)) seen.push(frame);
  assert.deepEqual(seen, [3, 5]);
});

test("frames that are wrapped already are not wrapped again", () => {
  const frames = Frames.from(numbers(1));
  assert.equal(Frames.from(frames), frames);
});

test("listeners hear once, when the last frame was read", async () => {
  const heard: unknown[] = [];
  const frames = Frames.from(numbers(1)).onDone((error) => heard.push(error));
  await frames.next();
  assert.equal(heard.length, 0);
  await frames.next();
  await frames.next();
  assert.deepEqual(heard, [undefined]);
});

test("a listener that comes when all is over hears at once", async () => {
  const frames = Frames.from(numbers(0));
  await frames.next();
  let isHeard = false;
  frames.onDone(() => {
    isHeard = true;
  });
  assert.ok(isHeard);
});

test("a reader who leaves ends the source, and listeners hear of it", async () => {
  const heard: string[] = [];
  for await (const _ of Frames.from(numbers(5, heard)).onDone(() => heard.push("listener"))) break;
  assert.deepEqual(heard, ["source", "listener"]);
});

test("an error of the source is seen as the steps make it, by reader and listeners", async () => {
  const heard: unknown[] = [];
  const frames = Frames.from(broken("raw"))
    .onFailure((error) => `${error} once`)
    .onFailure((error) => `${error} twice`)
    .onDone((error) => heard.push(error));
  await assert.rejects(frames.next(), (error) => error === "raw once twice");
  assert.deepEqual(heard, ["raw once twice"]);
  assert.equal((await frames.next()).done, true);
});

test("an error of a step is seen by the steps after it only, and stops the source", async () => {
  const left: string[] = [];
  const frames = Frames.from(numbers(5, left))
    .onFailure((error) => `${error} inner`)
    .each(() => {
      throw "refused";
    })
    .onFailure((error) => `${error} outer`);
  await assert.rejects(frames.next(), (error) => error === "refused outer");
  assert.deepEqual(left, ["source"]);
});

test("a source that throws instead of rejecting is taken for one that rejects", async () => {
  const odd = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        throw "raw";
      },
    }),
  };
  await assert.rejects(Frames.from(odd).next(), (error) => error === "raw");
});
