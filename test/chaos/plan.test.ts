import assert from "node:assert/strict";
import { test } from "node:test";
import { makePlan } from "./plan.ts";

const kinds = [
  ...["cut off node", "kill leader", "kill worker"],
  ...["lose disk", "restart nodes", "stop worker"],
];

test("a seed decides everything of a run, and each has every kind of mishap", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const env = { MYELIN_CHAOS_SEED: String(seed) };
    const [one, again] = [makePlan(env), makePlan(env)];
    assert.deepEqual(one.mishaps, again.mishaps);
    assert.equal(one.random(), again.random());
    assert.deepEqual([...new Set(one.mishaps.map(({ does }) => does))].sort(), kinds);
  }
});

test("a longer run is asked for in whole numbers", () => {
  const longer = makePlan({ MYELIN_CHAOS_ROUNDS: "3", MYELIN_CHAOS_MESSAGES: "20000" });
  assert.deepEqual([longer.mishaps.length, longer.messages], [21, 20_000]);
  assert.throws(() => makePlan({ MYELIN_CHAOS_ROUNDS: "some" }), /MYELIN_CHAOS_ROUNDS must be/);
});
