import assert from "node:assert/strict";
import { test } from "node:test";
import { delayAfter, untilStore } from "../../../libs/durable/attempts/retrying.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";

const config = { firstDelayMs: 100, maxDelayMs: 1_000 };
const failed = new MeshError(MeshCode.HandlerFailed, "wet");

/** The delays after the first attempts, with the dice always at this number. */
function delays(random: number, error = failed, after = [1, 2, 3, 4, 5, 6]): readonly number[] {
  return after.map((attempt) => delayAfter(attempt, error, { config, random: () => random }));
}

test("the delay after each attempt is twice the one before, up to the longest", () => {
  assert.deepEqual(delays(1), [100, 200, 400, 800, 1_000, 1_000]);
  assert.deepEqual(delays(1, failed, [31, 32, 1_000, 100_000]), [1_000, 1_000, 1_000, 1_000]);
});

test("half of a delay is chance, so that those that failed together do not come back together", () => {
  assert.deepEqual(delays(0), [50, 100, 200, 400, 500, 500]);
  assert.deepEqual(delays(0.5), [75, 150, 300, 600, 750, 750]);
});

test("a delay is at least what the failure asks for, and longer where its turn is", () => {
  const asks = new MeshError(MeshCode.Overloaded, "full", { retryAfterMs: 300 });
  assert.deepEqual(delays(1, asks), [300, 300, 400, 800, 1_000, 1_000]);
  const long = new MeshError(MeshCode.CircuitOpen, "open", { retryAfterMs: 5_000 });
  assert.deepEqual(delays(0, long), Array(6).fill(5_000));
});

test("what the handler asked elsewhere says when to come again, where that is the failure's cause", () => {
  const cause = new MeshError(MeshCode.Overloaded, "full", { retryAfterMs: 700 });
  const error = new MeshError(MeshCode.HandlerFailed, "wet", { cause });
  assert.deepEqual(delays(1, error), [700, 700, 700, 800, 1_000, 1_000]);
  const other = new MeshError(MeshCode.HandlerFailed, "wet", { cause: new TypeError("no") });
  assert.deepEqual(delays(1, other), delays(1));
});

test("a delay is a whole number of milliseconds, never less than was asked for", () => {
  const odd = { firstDelayMs: 5, maxDelayMs: 5 };
  assert.equal(delayAfter(1, failed, { config: odd, random: () => 0 }), 3);
  const asks = new MeshError(MeshCode.Overloaded, "full", { retryAfterMs: 7.2 });
  assert.equal(delayAfter(1, asks, { config: odd, random: () => 0 }), 8);
});

test("deliveries beyond the attempts are spent slowly, since they have to last until the store is back", () => {
  const attempts = { attempts: 3 };
  const waits = [1, 2, 3, 4, 19].map((deliveries) => untilStore(50, { deliveries }, attempts));
  assert.deepEqual(waits, [50, 50, 10_000, 10_000, 10_000]);
  assert.equal(untilStore(60_000, { deliveries: 3 }, attempts), 60_000);
});
