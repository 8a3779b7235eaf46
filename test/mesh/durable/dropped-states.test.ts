import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { finals, left, purgeSubject } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { inStore, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };
const running = "mesh.result.boss.t1.running.painter";
const final = "mesh.result.boss.t1.final.painter";

/** Submits the task, and answers its one result once nothing of it is left. */
async function doneOnce(home: HomeMesh): Promise<unknown> {
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  const result = await task.result(patience);
  await eventually("no task is left", async () => (await left(home, Store.tasks)) === 0);
  assert.deepEqual(await finals(home), [final]);
  return result;
}

const once = { tasks: { attempts: 5, firstDelayMs: 20, maxDelayMs: 50 } };

test("a task that tells its progress again and again leaves a few of it, and its other states", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await servePainter(home, async ({ what }, ctx) => {
    for (let at = 1; at <= 50; at++) await ctx.progress({ at });
    return { painted: what };
  });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  assert.deepEqual(await task.result(patience), { painted: "a door" });
  const kept = await inStore(home, async (jsm) => {
    const { state } = await jsm.streams.info(Store.results, { subjects_filter: ">" });
    return state.subjects ?? {};
  });
  const progress = kept["mesh.result.boss.t1.progress.painter"] ?? 0;
  assert.ok(progress >= 1 && progress <= 8, `${progress} of 50 are kept`);
  assert.deepEqual([kept[running], kept[final]], [1, 1]);
});

test("a task whose running state the store has dropped is done by the attempt that is at it", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const attempts: number[] = [];
  await servePainter(
    home,
    async ({ what }, ctx) => {
      attempts.push(ctx.attempt);
      await purgeSubject(home, Store.results, running);
      return { painted: what };
    },
    once,
  );
  assert.deepEqual(await doneOnce(home), { painted: "a door" });
  assert.deepEqual(attempts, [1]);
});

test("what a handler tells after its running state was dropped is stored, and stops nothing", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const attempts: number[] = [];
  await servePainter(
    home,
    async ({ what }, ctx) => {
      attempts.push(ctx.attempt);
      await purgeSubject(home, Store.results, running);
      await ctx.checkpoint({ strokes: 7 });
      await purgeSubject(home, Store.results, running);
      await ctx.progress("half");
      if (ctx.attempt === 1) throw "the brush broke";
      return { painted: `${what} after ${JSON.stringify(ctx.left)}` };
    },
    once,
  );
  assert.deepEqual(await doneOnce(home), { painted: 'a door after {"strokes":7}' });
  assert.deepEqual(attempts, [1, 2]);
});

test("a key that the store has dropped is said again by the task that has it", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const begun: string[] = [];
  await servePainter(home, async ({ what }) => {
    begun.push(what);
    await gate;
    return { painted: what };
  });
  const { paint } = (await home.connect("boss")).client(painter);
  const first = await paint.submit({ what: "a door" }, { key: "door" });
  await eventually("it runs", () => begun.length === 1);
  const keys = "mesh.result.painter.*.key.painter";
  const kept = () =>
    inStore(home, async (jsm) => {
      const { state } = await jsm.streams.info(Store.results, { subjects_filter: keys });
      return Object.values(state.subjects ?? {}).length;
    });
  assert.equal(await kept(), 1);
  await purgeSubject(home, Store.results, keys);
  assert.equal(await kept(), 0);
  await eventually("it is said again", async () => (await kept()) === 1);
  const second = await paint.submit({ what: "a wall" }, { key: "door" });
  // Taken after it, and done: so the other had its turn to begin, and did not.
  const beside = await paint.submit({ what: "a roof" }, { key: "roof" });
  await eventually("the one beside runs", () => begun.includes("a roof"));
  assert.ok(!begun.includes("a wall"));
  open();
  for (const task of [first, second, beside]) await task.result(patience);
});
