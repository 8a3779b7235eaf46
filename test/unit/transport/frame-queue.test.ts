import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameQueue, frameOverhead } from "../../../libs/transport/frame-queue.ts";
import { stateOf } from "./world.ts";

const frame = (text: string) => Buffer.from(text);

async function read(queue: FrameQueue): Promise<string> {
  const result = await queue.next();
  return result.done === true ? "end" : Buffer.from(result.value).toString();
}

test("frames are read in the order they came, however pushes and reads mix", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 900 }), async (pushes) => {
      const queue = new FrameQueue();
      const reads: Promise<string>[] = [];
      let pushed = 0;
      for (const isPush of pushes) {
        if (isPush) queue.push(frame(`${pushed++}`));
        else reads.push(read(queue));
      }
      queue.finish();
      const expected = reads.map((_, at) => (at < pushed ? `${at}` : "end"));
      assert.deepEqual(await Promise.all(reads), expected);
      for (let at = reads.length; at < pushed; at++) assert.equal(await read(queue), `${at}`);
      assert.equal(await read(queue), "end");
      assert.equal(queue.bytes, 0);
    }),
    { numRuns: 50 },
  );
});

test("bytes held count each frame with its overhead, and return to zero", async () => {
  const queue = new FrameQueue();
  for (let n = 0; n < 1_000; n++) queue.push(frame(""));
  queue.push(frame("four"));
  assert.equal(queue.bytes, 1_001 * frameOverhead + 4);
  for (let n = 0; n < 1_001; n++) await queue.next();
  assert.equal(queue.bytes, 0);
});

test("what came before an error is read first, then the error once, then the end", async () => {
  const queue = new FrameQueue();
  queue.push(frame("a"));
  queue.fail("broken");
  queue.push(frame("too late"));
  queue.finish();
  assert.equal(await read(queue), "a");
  await assert.rejects(queue.next(), (error) => error === "broken");
  assert.equal(await read(queue), "end");
});

test("a reader at the door gets the error, and the next one the end", async () => {
  const queue = new FrameQueue();
  const waiting = assert.rejects(queue.next(), (error) => error === "broken");
  queue.fail("broken");
  await waiting;
  assert.equal(await read(queue), "end");
});

test("readers at the door are served in turn, and none of them waits for ever", async () => {
  const queue = new FrameQueue();
  const reads = [read(queue), read(queue), read(queue)];
  queue.push(frame("a"));
  assert.ok(queue.isAwaited);
  queue.finish();
  assert.deepEqual(await Promise.all(reads), ["a", "end", "end"]);
  assert.equal(queue.isAwaited, false);
});

test("of several readers at the door one gets the error and the others the end", async () => {
  const queue = new FrameQueue();
  const reads = [queue.next(), queue.next()].map(stateOf);
  queue.fail("broken");
  assert.deepEqual(await Promise.all(reads), ["failed", "done"]);
});

test("a cleared queue holds nothing, and takes frames on", async () => {
  const queue = new FrameQueue();
  queue.push(frame("old"));
  queue.clear();
  assert.equal(queue.bytes, 0);
  queue.push(frame("new"));
  assert.equal(await read(queue), "new");
});
