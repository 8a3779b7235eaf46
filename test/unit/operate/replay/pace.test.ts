import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode } from "../../../../libs/errors/index.ts";
import { Pace, type PaceOptions } from "../../../../libs/operate/replay/pace.ts";
import { ManualClock } from "../../../../libs/testing/index.ts";

/** Which of these, recorded so many milliseconds after the first, have had their turn by when. */
async function turns(afterMs: readonly number[], options: PaceOptions) {
  const clock = new ManualClock(50_000);
  const pace = new Pace(options, clock);
  const controller = new AbortController();
  const had: number[] = [];
  const run = async () => {
    for (const ms of afterMs) {
      await pace.turn({ at: new Date(1_000_000 + ms) }, controller.signal);
      had.push(ms);
    }
  };
  const running = run();
  const after = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
    return had.length;
  };
  await after(0);
  return { after, controller, running };
}

test("at recorded speed each comes as long after the one before as it came then", async () => {
  const { after } = await turns([0, 100, 400], {});
  assert.equal(await after(0), 1);
  assert.equal(await after(99), 1);
  assert.equal(await after(1), 2);
  assert.equal(await after(299), 2);
  assert.equal(await after(1), 3);
});

test("ten times as fast takes a tenth of the time, unpaced none", async () => {
  const ten = await turns([0, 100, 400], { speed: 10 });
  assert.equal(await ten.after(10), 2);
  assert.equal(await ten.after(30), 3);
  const unpaced = await turns([0, 100, 400], { speed: "unpaced" });
  assert.equal(await unpaced.after(0), 3);
});

test("a long gap is waited for no longer than that is asked for", async () => {
  const { after } = await turns([0, 7_200_000], { mostGapMs: 50 });
  assert.equal(await after(49), 1);
  assert.equal(await after(1), 2);
});

test("what came out of order waits for nothing", async () => {
  const { after } = await turns([100, 0, 100], {});
  assert.equal(await after(0), 3);
});

test("a wait ends with the signal", async () => {
  const { controller, running } = await turns([0, 60_000], {});
  controller.abort();
  await running;
});

test("a pace that is none is refused with what is allowed", () => {
  for (const options of [{ speed: 0 }, { speed: -1 }, { speed: Number.NaN }, { mostGapMs: -1 }]) {
    assert.throws(
      () => new Pace(options),
      (error) => isMeshError(error, MeshCode.InvalidArgument) && /replay\./.test(error.message),
    );
  }
});
