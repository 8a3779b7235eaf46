import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../libs/serve/pace.ts";

function served(pace: Pace, times: number, tookMs: number): void {
  for (let at = 0; at < times; at++) pace.finished(0, tookMs);
}

test("the wait is as long as those before need, shared among the places", () => {
  const pace = new Pace(4);
  served(pace, 1, 20);
  assert.equal(pace.waitMs(0, 20), 5);
  assert.equal(pace.waitMs(7, 20), 40);
});

test("the estimate follows when work becomes slower", () => {
  const pace = new Pace(1);
  served(pace, 20, 1);
  served(pace, 20, 100);
  const waitMs = pace.waitMs(0, 100);
  assert.ok(waitMs > 95 && waitMs <= 100, `${waitMs}`);
});

test("silence counts when it lasts longer than usual", () => {
  const pace = new Pace(1);
  served(pace, 1, 20);
  pace.started(100);
  assert.equal(pace.waitMs(0, 110), 20);
  assert.equal(pace.waitMs(1, 600), 1_000);
});
