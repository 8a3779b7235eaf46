import assert from "node:assert/strict";
import { test } from "node:test";
import { ResultWatch } from "../../../libs/durable/tasks/result-watch.ts";
import type { Inbound } from "../../../libs/nats/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

/** A watch over a store that shows the end from some look on; `tell` is the live message. */
function watchOver(endedAtLook: number) {
  const clock = new ManualClock();
  const looks: number[] = [];
  let hear: (message: Inbound) => void = () => {};
  const watch = new ResultWatch({
    clock,
    subject: "any",
    look: async () => looks.push(clock.now()) >= endedAtLook,
    hear: () => "end",
    what: "the task",
    timeoutMs: undefined,
    signal: undefined,
    link: {
      onUp: () => () => {},
      subscribe: (_subject, onMessage) => {
        hear = onMessage;
        return { refused: undefined, stop: async () => {} };
      },
    },
  });
  const tell = (): void => hear({ subject: "any", reply: "", head: "", payload: Buffer.of() });
  return { clock, looks, watch, tell };
}

test("an end that is told before the store shows it is found soon after, not with the next usual look", async () => {
  const { clock, looks, watch, tell } = watchOver(5);
  await clock.advanceAsync(100);
  tell();
  await clock.advanceAsync(40);
  assert.deepEqual(looks, [0, 50, 100, 105, 115]);
  assert.deepEqual(await watch.untilEnded(), { is: "final" });
  watch[Symbol.dispose]();
});

test("a live message that tells an end which never comes costs ever fewer looks", async () => {
  const { clock, looks, watch, tell } = watchOver(1_000);
  await clock.advanceAsync(100);
  tell();
  await clock.advanceAsync(60_000);
  assert.ok(looks.length < 25, `${looks.length} looks`);
  watch[Symbol.dispose]();
  assert.equal(clock.pending, 0);
});

test("where nothing is told the store is looked into all the same", async () => {
  const { clock, looks, watch } = watchOver(10);
  await clock.advanceAsync(20_000);
  assert.deepEqual(looks, [0, 50, 150, 350, 750, 1_550, 3_150, 6_350, 11_350, 16_350]);
  assert.deepEqual(await watch.untilEnded(), { is: "final" });
  watch[Symbol.dispose]();
});
