import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreAccess } from "../../../libs/durable/stored/store.ts";
import { askAgain } from "../../../libs/durable/stored/storing.ts";
import { write } from "../../../libs/durable/stored/writing.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

const silence = new MeshError(MeshCode.UnknownOutcome, "silence");
const away = new MeshError(MeshCode.Unavailable, "nobody takes it");
const full = new MeshError(MeshCode.Overloaded, "full");
const noLeader = new MeshError(MeshCode.Unavailable, "no leader", { retryAfterMs: 200 });

/** What fails so often with an error and is answered then, on a clock that is moved on for a minute. */
async function asked(error: MeshError, failures: number, as: "written" | "asked") {
  const clock = new ManualClock();
  const at: number[] = [];
  const ask = async () => {
    at.push(clock.now());
    if (at.length <= failures) throw error;
    return "answered" as const;
  };
  const store = { put: ask } as unknown as StoreAccess;
  const message = { subject: "a", payload: "", headers: [] };
  const asking =
    as === "written"
      ? write(store, clock, message)
      : askAgain({ clock, link: { isUp: true } }, ask);
  const ended = asking.catch((thrown: MeshError) => thrown.code);
  await clock.advanceAsync(60_000);
  return { at, ended: await ended };
}

test("what is written is tried four times while its fate is not known, or the store is away", async () => {
  for (const error of [silence, away]) {
    assert.deepEqual(await asked(error, 3, "written"), {
      at: [0, 250, 500, 750],
      ended: "answered",
    });
    assert.deepEqual(await asked(error, 4, "written"), {
      at: [0, 250, 500, 750],
      ended: error.code,
    });
  }
});

test("what the store refuses is not tried again", async () => {
  for (const as of ["written", "asked"] as const) {
    assert.deepEqual(await asked(full, 1, as), { at: [0], ended: full.code });
  }
});

test("who waits is asked for again for 12 s, but not for a stream that is not there", async () => {
  for (const error of [silence, noLeader]) {
    assert.equal((await asked(error, 47, "asked")).ended, "answered");
    const { at, ended } = await asked(error, 100, "asked");
    assert.deepEqual([at.at(-1), ended], [11_750, error.code]);
  }
  assert.deepEqual(await asked(away, 1, "asked"), { at: [0], ended: away.code });
});
