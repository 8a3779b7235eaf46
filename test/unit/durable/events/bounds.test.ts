import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveFollow, resolveHear } from "../../../../libs/durable/events/event-options.ts";
import { Seen } from "../../../../libs/durable/events/seen.ts";
import { Window } from "../../../../libs/durable/events/window.ts";

test("of handled events the last ones are remembered, and no more than twice as many", () => {
  const seen = new Seen(100);
  const name = (at: number) => ({ subject: at % 2 === 0 ? "a" : "b", id: String(at) });
  for (let at = 0; at < 1_000; at++) seen.add(name(at));
  const kept = Array.from({ length: 1_000 }, (_, at) => at).filter((at) => seen.has(name(at)));
  assert.ok(kept.length >= 100 && kept.length <= 200, `${kept.length} are remembered`);
  assert.equal(kept.at(-1), 999);
  assert.equal(seen.has({ subject: "b", id: "998" }), false);
});

test("as many events are fetched ahead as are handled in a moment, between the limits", () => {
  const window = new Window({ least: 4, most: 100 }, 0);
  assert.equal(window.size, 4);
  for (let at = 0; at < 50; at++) window.count();
  window.turn(10);
  assert.equal(window.size, 8);
  for (let turn = 2; turn < 8; turn++) {
    for (let at = 0; at < 50; at++) window.count();
    window.turn(10 * turn);
  }
  assert.equal(window.size, 100);
  window.count();
  window.turn(1_000);
  assert.equal(window.size, 4);
});

test("options of subscriptions have defaults and bounds, and say so", () => {
  assert.deepEqual(resolveFollow(), {
    concurrency: 16,
    attempts: 5,
    attemptMs: 300_000,
    firstDelayMs: 500,
    maxDelayMs: 60_000,
    prefetch: 1_000,
    remember: 10_000,
  });
  assert.throws(
    () => resolveFollow({ attempts: 20 }),
    /follow\.attempts must be a whole number from 1 to 19, got 20/,
  );
  assert.throws(() => resolveFollow({ concurrency: 0 }), /follow\.concurrency/);
  assert.throws(() => resolveFollow({ remember: Number.POSITIVE_INFINITY }), /follow\.remember/);
  assert.deepEqual(resolveHear({ waiting: 7 }), { concurrency: 1, waiting: 7, attemptMs: 300_000 });
  assert.throws(() => resolveHear({ waiting: 0 }), /hear\.waiting/);
});
