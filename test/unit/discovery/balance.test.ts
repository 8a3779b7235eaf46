import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../../../libs/testing/index.ts";
import { known } from "./ground.ts";

/**
 * Four serial instances of which the first takes 20 ms and the others 1 ms, and a caller that keeps 64 calls in
 * flight: simulated, so that it is the same on each machine.
 */
function simulate(forMs: number) {
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const names = ["slow", "fast1", "fast2", "fast3"];
  const { discovery, clock } = known(names, { random });
  const freeAt: Record<string, number> = {};
  const load: Record<string, number> = {};
  const took: number[] = [];
  let slow = 0;
  const end = clock.now() + forMs;
  const send = (): void => {
    const target = discovery.pick(call());
    const attempt = call({ target });
    const instance = target?.instance ?? "";
    const sentAt = clock.now();
    discovery.sent(attempt);
    load[instance] = (load[instance] ?? 0) + 1;
    const done = Math.max(freeAt[instance] ?? 0, sentAt) + (instance === "slow" ? 20 : 1);
    freeAt[instance] = done;
    clock.schedule(done - sentAt, () => {
      const told = load[instance] ?? 0;
      load[instance] = told - 1;
      const tookMs = clock.now() - sentAt;
      took.push(tookMs);
      if (instance === "slow") slow++;
      discovery.answered(attempt, tookMs, instance, told);
      if (clock.now() < end) send();
    });
  };
  for (let n = 0; n < 64; n++) send();
  clock.advance(forMs + 2_000);
  took.sort((one, other) => one - other);
  return { rate: (took.length / forMs) * 1_000, p99: took[Math.floor(took.length * 0.99)], slow };
}

test("a slow serial instance of four costs neither the rate nor the p99", () => {
  const { rate, p99 = Number.POSITIVE_INFINITY, slow } = simulate(2_000);
  // The three fast ones can do 3,000 a second; a queue group does 200, with a p99 of 1,300 ms.
  assert.ok(rate > 2_500, `${rate} calls a second`);
  assert.ok(p99 < 60, `p99 ${p99} ms`);
  assert.ok(slow > 0, "it is tried now and then");
});
