import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type { Serve } from "../../../libs/pipeline/index.ts";
import { Callers } from "../../../libs/serve/callers.ts";
import { request } from "../../../libs/testing/index.ts";
import { ground, refused, turn } from "./world.ts";

/** So many requests of one caller, with ids such as `a1`; answers what became of each. */
function ask(admit: Serve, caller: string, count: number) {
  const refusals: unknown[] = [];
  for (let at = 1; at <= count; at++) {
    admit(request({ caller, id: `${caller}${at}` })).catch((error) => refusals.push(error));
  }
  return refusals;
}

test("a caller that is alone may have every place", async () => {
  const { admit, admission } = ground({ concurrency: 4, queue: 4 });
  const refusals = ask(admit, "a", 8);
  await turn();
  assert.deepEqual([admission.load, refusals], [8, []]);
});

test("a caller that has its share waits no more while others are active", async () => {
  const { admit, shed } = ground({ concurrency: 4, queue: 4 });
  ask(admit, "b", 1);
  const refusals = ask(admit, "a", 5);
  await turn();
  assert.equal(refusals.length, 1);
  assert.ok(refused(MeshCode.Overloaded)(refusals[0]));
  assert.match(String(refusals[0]), /a has its share of the room/);
  assert.deepEqual(shed, ["caller_share"]);
});

test("one who comes late gets a place that a greedy caller waits for", async () => {
  const { admit, shed } = ground({ concurrency: 2, queue: 2 });
  const greedy = ask(admit, "a", 4);
  const modest = ask(admit, "b", 1);
  await turn();
  assert.deepEqual([greedy.length, modest.length], [1, 0]);
  assert.match(String(greedy[0]), /a has its share of the room/);
  assert.deepEqual(shed, ["caller_share"]);
});

test("nobody is displaced who has no more than the share", async () => {
  const { admit } = ground({ concurrency: 1, queue: 3 });
  ask(admit, "a", 2);
  ask(admit, "b", 2);
  const third = ask(admit, "c", 1);
  await turn();
  assert.match(String(third[0]), /there is no room/);
});

test("the next place goes to a caller that runs less than its share", async () => {
  const { admit, work } = ground({ concurrency: 2, queue: 4 });
  ask(admit, "a", 3);
  ask(admit, "b", 1);
  work.answer("a1");
  await turn();
  assert.deepEqual(work.started, ["a1", "a2", "b1"]);
});

test("a share of nothing still lets each caller have one", async () => {
  const { admit, admission } = ground({ concurrency: 1, queue: 3, callerShare: 0 });
  for (const caller of ["a", "b", "c", "d"]) ask(admit, caller, 1);
  await turn();
  assert.equal(admission.load, 4);
});

test("one who gave up waiting counts no more", async () => {
  const { admit, admission } = ground({ concurrency: 1, queue: 3 });
  ask(admit, "a", 1);
  const leaving = request({ caller: "b" });
  const left = assert.rejects(admit(leaving));
  leaving.signal.end(new MeshError(MeshCode.Cancelled, "test"));
  await left;
  ask(admit, "a", 3);
  await turn();
  assert.equal(admission.load, 4);
});

test("callers that have nothing here are forgotten, those who have are not", () => {
  const callers = new Callers();
  const idle = callers.of("idle");
  const busy = callers.of("busy");
  callers.start(busy);
  for (let other = 0; other < 1_000; other++) callers.of(`other-${other}`);
  assert.equal(callers.of("busy"), busy);
  assert.notEqual(callers.of("idle"), idle);
});
