import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAgents, checkLogin, checkNode, checkServer } from "../../../services/cli/checks.ts";

const facts = {
  version: "2.15.2",
  name: "here",
  jetstream: true,
  maxPayload: 1_048_576,
  roundTripMs: 0.3,
  clockAheadMs: 2,
};
const instance = {
  verified: true,
  instance: "a1",
  version: "1.0.0",
  state: "READY",
  load: 0,
  room: 64,
  calls: 0,
  errors: 0,
  started: undefined,
  clockAheadMs: -2,
};
const agent = { agent: "far", description: "", versions: [], skills: [], instances: [instance] };

test("a healthy server passes every check", () => {
  assert.deepEqual(
    checkServer(facts).map(({ is, what }) => [what, is]),
    [
      ["version", "ok"],
      ["round trip", "ok"],
      ["max payload", "ok"],
      ["jetstream", "ok"],
      ["clock", "ok"],
    ],
  );
});

test("what is wrong with a server is told with what to do", () => {
  const worst = { version: "2.11.9", roundTripMs: 80, maxPayload: 1_024, clockAheadMs: -5_000 };
  const found = checkServer({ ...facts, ...worst });
  assert.deepEqual(
    found.map(({ is }) => is),
    ["fail", "warn", "warn", "ok", "warn"],
  );
  for (const { is, next } of found) assert.equal(next === undefined, is === "ok");
  assert.equal(found[4]?.found, "the server is 5 s behind this machine");
});

test("Node older than 20 fails", () => {
  assert.equal(checkNode("18.20.0").is, "fail");
  assert.equal(checkNode("20.0.0").is, "ok");
});

test("the agent whose clock is furthest off is named", () => {
  const far = { ...instance, instance: "b2", clockAheadMs: 60_000 };
  const [there, clock] = checkAgents([{ ...agent, instances: [instance, far] }]);
  assert.equal(there?.found, "1 agent, 2 instances");
  assert.equal(clock?.is, "warn");
  assert.equal(clock?.found, "far b2 is 60 s ahead of this machine");
});

test("a mesh without agents is a warning", () => {
  assert.equal(checkAgents([])[0]?.is, "warn");
});

test("credentials that end within a week are a warning with the command that renews them", () => {
  const now = new Date("2026-11-01T00:00:00Z");
  const until = (expiresAt: string) =>
    checkLogin({ name: "ops", expiresAt: new Date(expiresAt) }, now);
  assert.equal(until("2026-11-08T00:00:00Z").is, "ok");
  assert.deepEqual(until("2026-11-07T23:59:00Z"), {
    is: "warn",
    what: "credentials",
    found: "ops, until 2026-11-07 23:59",
    next: "myelin identity renew ops",
  });
  assert.equal(checkLogin(undefined, now).is, "ok");
});
