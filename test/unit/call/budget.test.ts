import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RetryBudget } from "../../../libs/call/budget.ts";
import { resolveRetry } from "../../../libs/call/retry-options.ts";
import { MeshCode } from "../../../libs/errors/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";
import { refused } from "./world.ts";

function taken(budget: RetryBudget, tries: number): number {
  return Array.from({ length: tries }, () => budget.take()).filter(Boolean).length;
}

test("a connection that just began may retry ten times a second for ten seconds", () => {
  assert.equal(taken(new RetryBudget(resolveRetry(), new ManualClock()), 1_000), 100);
});

test("calls earn a fifth of a retry each", () => {
  const budget = new RetryBudget(resolveRetry({ budgetPerSecond: 0 }), new ManualClock());
  for (let calls = 0; calls < 50; calls++) budget.earn(0);
  assert.equal(taken(budget, 100), 10);
});

test("what calls earned is gone ten seconds later", () => {
  const clock = new ManualClock();
  const budget = new RetryBudget(resolveRetry({ budgetPerSecond: 0 }), clock);
  for (let calls = 0; calls < 50; calls++) budget.earn(clock.now());
  clock.advance(9_000);
  assert.ok(budget.take());
  clock.advance(1_000);
  assert.equal(taken(budget, 100), 0);
});

/** How many were in the window: ten buckets of a second, the one that time is in included. */
function recent(times: readonly number[], clock: ManualClock): number {
  const since = (Math.floor(clock.now() / 1_000) - 9) * 1_000;
  return times.filter((at) => at >= since).length;
}

test("however calls, retries and time follow each other, the budget is never exceeded", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("earn"), count: fc.nat(40) }),
    fc.record({ do: fc.constant("take"), count: fc.nat(40) }),
    fc.record({ do: fc.constant("wait"), count: fc.nat(15_000) }),
  );
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), share, fc.nat(5), (steps, budgetShare, per) => {
      const clock = new ManualClock(4_321);
      const config = resolveRetry({ budgetShare, budgetPerSecond: per });
      const budget = new RetryBudget(config, clock);
      const calls: number[] = [];
      const retries: number[] = [];
      for (const { do: what, count } of steps) {
        if (what === "wait") clock.advance(count);
        for (let i = 0; what === "earn" && i < count; i++) {
          budget.earn(clock.now());
          calls.push(clock.now());
        }
        for (let i = 0; what === "take" && i < count && budget.take(); i++) {
          retries.push(clock.now());
          const most = budgetShare * recent(calls, clock) + per * 10;
          assert.ok(recent(retries, clock) <= most);
        }
      }
    }),
  );
});

test("an option out of range is refused by its path", () => {
  assert.throws(() => resolveRetry({ attempts: 0 }), refused(MeshCode.InvalidArgument));
  assert.throws(
    () => resolveRetry({ budgetShare: 1.5 }),
    /retry\.budgetShare must be a number from 0 to 1, got 1\.5/,
  );
});
