import assert from "node:assert/strict";
import { test } from "node:test";
import type { Recorded } from "../../../../libs/operate/replay/recorded.ts";
import { type ReplayOptions, replaying } from "../../../../libs/operate/replay/replaying.ts";
import { ManualClock } from "../../../../libs/testing/index.ts";

/** What was recorded so many milliseconds after the first. */
async function* recordings(afterMs: readonly number[]) {
  for (const [sequence, ms] of afterMs.entries()) {
    yield { sequence, at: new Date(1_000_000 + ms) } as Recorded;
  }
}

/** A replay by a clock that is moved by hand; tells how many have begun by then. */
function replayOf(afterMs: readonly number[], options: Omit<ReplayOptions, "into">) {
  const clock = new ManualClock();
  const begun: number[] = [];
  const target = async ({ sequence }: Recorded) => {
    begun.push(sequence);
    return { frames: [], skipped: 0, error: undefined, tookMs: 0 };
  };
  const all = { ...options, into: () => undefined };
  const run = async () => {
    for await (const _one of replaying(recordings(afterMs), target, all, clock));
    return begun;
  };
  const ended = run();
  const after = async (ms: number): Promise<number> => {
    await clock.advanceAsync(ms);
    return begun.length;
  };
  return { after, ended };
}

test("a replay begins each as long after the one before as it was recorded then", async () => {
  const { after, ended } = replayOf([0, 1_000, 1_500], {});
  assert.equal(await after(0), 1);
  assert.equal(await after(999), 1);
  assert.equal(await after(1), 2);
  assert.equal(await after(499), 2);
  assert.equal(await after(1), 3);
  assert.deepEqual(await ended, [0, 1, 2]);
});

test("a replay that is ten times as fast waits a tenth, an unpaced one for nothing", async () => {
  const ten = replayOf([0, 1_000, 1_500], { speed: 10 });
  assert.equal(await ten.after(99), 1);
  assert.equal(await ten.after(1), 2);
  assert.equal(await ten.after(50), 3);
  assert.deepEqual(await ten.ended, [0, 1, 2]);
  const unpaced = replayOf([0, 1_000, 1_500], { speed: "unpaced" });
  assert.deepEqual(await unpaced.ended, [0, 1, 2]);
});
