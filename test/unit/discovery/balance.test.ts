import assert from "node:assert/strict";
import { test } from "node:test";
import { type Simulated, simulate } from "./simulation.ts";

const alike = (names: readonly string[], facts: Omit<Simulated, "name">): Simulated[] =>
  names.map((name) => ({ name, ...facts }));

test("a slow serial instance of four costs neither the rate nor the p99", () => {
  const slow = { name: "slow", takesMs: 20, isSerial: true };
  const fast = alike(["a1", "a2", "a3"], { takesMs: 1, isSerial: true });
  const run = simulate({ instances: [slow, ...fast], inFlight: 64, forMs: 2_000 });
  // The three fast ones can do 3,000 a second; a queue group does 200, with a p99 of 1,300 ms.
  assert.ok(run.rate > 2_800, `${run.rate} calls a second`);
  assert.ok(run.p99 < 40, `p99 ${run.p99} ms`);
  assert.ok((run.seconds[0]?.["slow"] ?? 0) > 0, "it is tried now and then");
});

test("an instance twice as slow gets hardly anything while the others bear it all alike", () => {
  const fast = alike(["a1", "a2", "a3"], { takesMs: 10, isSerial: false });
  const slow = { name: "slow", takesMs: 20, isSerial: false };
  const { seconds, rate } = simulate({ instances: [...fast, slow], inFlight: 60, forMs: 4_000 });
  assert.ok(rate > 5_900, `${rate} calls a second`);
  assert.ok((seconds.at(3)?.["slow"] ?? 0) < 60, JSON.stringify(seconds));
});

const works = {
  "waits for others, such as a model": { takesMs: 500, isSerial: false, inFlight: 60 },
  "waits for others, briefly": { takesMs: 10, isSerial: false, inFlight: 60 },
  "works itself, and has more than it can do": { takesMs: 5, isSerial: true, inFlight: 60 },
};

for (const [what, { inFlight, ...facts }] of Object.entries(works)) {
  test(`PITFALLS 17: a newcomer is not rushed at, and has its share soon, where an agent ${what}`, () => {
    const old = alike(["a1", "a2", "a3"], facts);
    const instances = [...old, { name: "new", ...facts, joinsMs: 3_000 }];
    const { seconds } = simulate({ instances, inFlight, forMs: 13_000 });
    const shares = seconds.slice(3, 13).map((counts) => {
      const { new: newcomer = 0, ...others } = counts;
      const mean = Object.values(others).reduce((sum, count) => sum + count, 0) / old.length;
      return newcomer / mean;
    });
    const [first = 1, second = 1] = shares;
    assert.ok(first < 0.2 && second < 0.5, `at first it gets ${shares}`);
    for (const share of shares.slice(7))
      assert.ok(share > 0.7 && share < 1.3, `then it gets ${shares}`);
  });
}
