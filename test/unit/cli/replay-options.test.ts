import assert from "node:assert/strict";
import { test } from "node:test";
import { agentOf, selectionOf } from "../../../services/cli/replay/options.ts";

test("options of a replay that are none are refused as they are typed", () => {
  for (const most of ["x", "0", "1.5", "-1", ""]) {
    const message = `invalid_argument: --most must be a whole number from 1 up, got ${most}`;
    assert.throws(() => selectionOf({ most }), { message });
  }
  assert.throws(() => selectionOf({ from: "calls" }), /--from must be one of records, tasks/);
  assert.throws(() => agentOf({ to: "scribe", timeout: "soon" }), /--timeout must be a time/);
});

test("what of a replay is given is read, what is not is left to the library", () => {
  const now = new Date("2026-11-21T08:00:00Z");
  const selection = selectionOf({ most: "20", since: "2h", agent: "scribe" }, now);
  assert.equal(selection.most, 20);
  assert.equal(selection.agent, "scribe");
  assert.deepEqual(selection.since, new Date("2026-11-21T06:00:00Z"));
  assert.equal(selection.from, undefined);
});
