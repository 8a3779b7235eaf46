import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { finals, left } from "../../support/durable-facts.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

test("progress is heard live, and what an attempt leaves is handed to the next", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  await servePainter(home, async ({ what }, ctx) => {
    await gate;
    await ctx.progress({ half: ctx.attempt });
    if (ctx.attempt === 1) {
      await ctx.checkpoint({ strokes: 7 });
      throw "the brush broke";
    }
    return { painted: `${what} after ${JSON.stringify(ctx.left)}` };
  });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" });
  const told: unknown[] = [];
  const reading = (async () => {
    for await (const one of task.progress(patience)) told.push(one);
  })();
  await eventually("it runs", async () => (await task.status()).state === "running");
  go();
  assert.deepEqual(await task.result(patience), { painted: 'a door after {"strokes":7}' });
  await reading;
  assert.deepEqual(told, [
    { value: { half: 1 }, attempt: 1 },
    { value: { half: 2 }, attempt: 2 },
  ]);
});

test("two readers of one task on one connection both hear all of its progress", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  await servePainter(home, async ({ what }, ctx) => {
    await gate;
    for (let stroke = 1; stroke <= 20; stroke++) await ctx.progress(stroke);
    return { painted: what };
  });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" });
  const read = async (): Promise<readonly unknown[]> => {
    const told: unknown[] = [];
    for await (const { value } of task.progress(patience)) told.push(value);
    return told;
  };
  const reading = [read(), read()];
  await eventually("it runs", async () => (await task.status()).state === "running");
  go();
  const strokes = Array.from({ length: 20 }, (_, at) => at + 1);
  assert.deepEqual(await Promise.all(reading), [strokes, strokes]);
});

test("another process of the same submitter follows a task by its id", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const first = await home.connect("boss");
  await first.client(painter).paint.submit({ what: "a door" }, { id: "door" });
  await first.close();
  const task = (await home.connect("boss")).task(painter, "paint", "door");
  assert.deepEqual(await task.status(), { state: "waiting" });
  await servePainter(home, ({ what }) => ({ painted: what }));
  assert.deepEqual(await task.result(patience), { painted: "a door" });
  const wrong = (await home.connect("boss")).task(painter, "sketch", "door");
  await assert.rejects(wrong.result(patience), (error) => isMeshError(error, "unknown_task"));
});

test("who follows a task that runs already hears how far it is, and what is told from then on", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  await servePainter(home, async ({ what }, ctx) => {
    for (const stroke of [1, 2]) await ctx.progress({ stroke });
    await gate;
    await ctx.progress({ stroke: 3 });
    return { painted: what };
  });
  const first = (await home.connect("boss")).client(painter);
  const task = await first.paint.submit({ what: "a door" }, { id: "door" });
  const isFar = async () => {
    for await (const { value } of task.progress(patience)) {
      if ((value as { readonly stroke: number }).stroke === 2) return;
    }
  };
  await isFar();
  const told: unknown[] = [];
  const again = (await home.connect("boss")).task(painter, "paint", "door");
  for await (const { value } of again.progress(patience)) {
    told.push(value);
    go();
  }
  assert.deepEqual(told, [{ stroke: 2 }, { stroke: 3 }]);
});

test("who waits for a result with AbortSignal.timeout is told that it took too long", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const task = await (await home.connect("boss")).client(painter).paint.submit({ what: "a door" });
  const late = { code: "deadline_exceeded", message: /was given up: .*timeout/ };
  await assert.rejects(task.result({ signal: AbortSignal.timeout(100) }), late);
});

test("an id that nobody submitted is said to be unknown", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const task = (await home.connect("boss")).task(painter, "paint", "nothing");
  await assert.rejects(task.result({ timeoutMs: 200 }), (error) =>
    isMeshError(error, "unknown_task"),
  );
});

test("a running task is cancelled: its handler's signal ends, and the result says so", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let isAborted = false;
  await servePainter(home, async (_input, ctx) => {
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    isAborted = true;
    return { painted: "too late" };
  });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" });
  await eventually("it runs", async () => (await task.status()).state === "running");
  await task.cancel();
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "cancelled"));
  assert.equal((await task.status()).state, "cancelled");
  await eventually("the handler heard", () => isAborted);
  await eventually("nothing is left", async () => (await left(home, Store.tasks)) === 0);
  assert.equal((await finals(home)).length, 1);
});

test("a task that is cancelled before anybody takes it ends once, and leaves nothing", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" });
  assert.equal(task.receipt?.listeners, "none");
  await task.cancel();
  await servePainter(home, async ({ what }, ctx) => {
    // Whichever of the two a worker meets first.
    await eventually("it hears of it", () => ctx.signal.aborted);
    return { painted: what };
  });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "cancelled"));
  await eventually("nothing is left", async () => (await left(home, Store.tasks)) === 0);
  assert.equal((await finals(home)).length, 1);
});
