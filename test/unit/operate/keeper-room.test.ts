import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@myelin/mesh/testing";
import { Room } from "../../../libs/operate/keeper/later/room.ts";

/** A stream of so many bytes that keeper writes to. */
function stream(most: number) {
  const clock = new ManualClock(0);
  const state = { bytes: 0, asked: 0, isDown: false };
  const api = async () => {
    state.asked++;
    await Promise.resolve();
    if (state.isDown) throw new TypeError("down");
    return { state: { bytes: state.bytes }, config: { max_bytes: most } };
  };
  const room = new Room({ clock, vault: { store: { api } } } as never);
  return { room, state, clock };
}

const taken = (results: readonly PromiseSettledResult<Disposable>[]) =>
  results.filter(({ status }) => status === "fulfilled").length;

test("orders that come at once leave room for four firings of each", async () => {
  const { room } = stream(2_800);
  const asked = Array.from({ length: 20 }, () => room.take(100));
  assert.equal(taken(await Promise.allSettled(asked)), 5);
  await assert.rejects(room.take(5), { code: "overloaded", message: /holds 500 of 2800 bytes/ });
});

test("what is written and what is being written count once each, and what went makes room", async () => {
  const { room, state, clock } = stream(2_800);
  const first = await room.take(300);
  state.bytes = 300;
  first[Symbol.dispose]();
  await clock.advance(1_500);
  using _second = await room.take(200);
  await assert.rejects(room.take(5), { code: "overloaded" });
  state.bytes = 0;
  await clock.advance(1_500);
  (await room.take(300))[Symbol.dispose]();
});

test("a stream without a bound has room, and one that does not answer gives none", async () => {
  const free = stream(-1);
  await free.room.take(1e12);
  const down = stream(1_000);
  down.state.isDown = true;
  await assert.rejects(down.room.take(1));
  down.state.isDown = false;
  await down.room.take(1);
  assert.equal(down.state.asked, 2);
});
