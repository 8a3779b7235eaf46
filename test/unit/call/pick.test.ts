import assert from "node:assert/strict";
import { test } from "node:test";
import { pick } from "../../../libs/call/pick.ts";
import { answering, call } from "../../../libs/testing/index.ts";

test("the chosen instance is on the attempt, and noted on the call for the next one", async () => {
  const target = { instance: "a1", route: "i-a1" };
  const far = answering(1);
  const asked = call();
  await pick({ pick: () => target })(far.send)(asked);
  assert.deepEqual({ ...far.seen[0] }, { ...asked, target });
  assert.deepEqual(asked.tried, ["a1"]);
});

test("without a choice the same call goes on to the queue group", async () => {
  const far = answering(1);
  const asked = call();
  await pick({ pick: () => undefined })(far.send)(asked);
  assert.equal(far.seen[0], asked);
  assert.deepEqual(asked.tried, []);
});
