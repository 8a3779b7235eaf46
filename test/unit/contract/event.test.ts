import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, event, isMeshError } from "@myelin/mesh";
import { z } from "zod";

const data = z.object({ user: z.string() });
const agent = { name: "accounts", version: "1.0.0", skills: {} } as const;

test("an event has its defaults filled in, and a contract without events has none", () => {
  const { events } = defineAgent({ ...agent, events: { "user.left": event({ data }) } });
  assert.deepEqual(events, { "user.left": { description: "", data, signed: false } });
  assert.ok(Object.isFrozen(events) && Object.isFrozen(events["user.left"]));
  assert.deepEqual(defineAgent(agent).events, {});
});

test("a name that no subject could carry is refused, and what is no schema", () => {
  const long = Array.from({ length: 9 }, () => "a").join(".");
  for (const name of ["", ".", "user.", "User", "user left", "user.*", "user.>", long]) {
    assert.throws(
      () => defineAgent({ ...agent, events: { [name]: event({ data }) } }),
      (error) =>
        isMeshError(error, "invalid_name") &&
        /event name of accounts must be at most 8 tokens joined by dots/.test(error.message),
    );
  }
  assert.throws(
    () => event({ data: {} as never }),
    (error) =>
      isMeshError(error, "invalid_argument") &&
      /event\.data must be a schema of zod 4/.test(error.message),
  );
});
