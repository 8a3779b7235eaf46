import assert from "node:assert/strict";
import { test } from "node:test";
import { movedMs } from "../../support/moved.ts";

test("the clock of the tests stands still where the process gets no turn, and goes on where it works", () => {
  const from = movedMs();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  const stood = movedMs() - from;
  assert.ok(stood < 250, `${stood} ms of 500 in which nothing ran`);
  const begun = movedMs();
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 300_000);
  const worked = movedMs() - begun;
  assert.ok(worked > 250, `${worked} ms of 300 in which it worked`);
});
