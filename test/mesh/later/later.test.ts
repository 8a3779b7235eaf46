import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "@myelin/subjects";
import { left } from "../../support/durable-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { all, soon } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 60_000 };

test("a task for later is done when its time has come, once, by its submitter's name", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const seen: unknown[] = [];
  let begunAt = 0;
  await servePainter(home, ({ what }, ctx) => {
    seen.push([what, ctx.caller, ctx.id, ctx.attempt, ctx.moved]);
    if (ctx.id === "gate") begunAt = Date.now();
    return { painted: what };
  });
  const { paint } = (await home.connect("boss")).client(painter);
  const due = Date.now() + 1_500;
  const timed = await paint.submit({ what: "a gate" }, { id: "gate", at: new Date(due) });
  const delayed = await paint.submit({ what: "a door" }, { id: "door", delayMs: 200 });
  assert.deepEqual(await delayed.result(patience), { painted: "a door" });
  assert.deepEqual(await timed.result(patience), { painted: "a gate" });
  const moved = { why: "later", generation: 0 };
  const once = [
    ["a gate", "boss", "gate", 1, moved],
    ["a door", "boss", "door", 1, moved],
  ];
  // Which one comes first is not said: where the machine stands still both are due at once.
  assert.deepEqual([seen.length, new Set(seen)], [2, new Set(once)]);
  assert.ok(begunAt >= due);
  assert.equal(timed.receipt?.listeners, "some");
  await soon(
    "nothing is left for later",
    async () => (await left(home, Store.later)) + (await left(home, Store.schedules)) === 0,
  );
});

test("a time that has passed is now, and needs no keeper", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await servePainter(home, ({ what }) => ({ painted: what }));
  const { paint } = (await home.connect("boss")).client(painter);
  for (const when of [{ at: new Date(Date.now() - 1_000) }, { delayMs: 0 }]) {
    const task = await paint.submit({ what: "a gate" }, when);
    assert.deepEqual(await task.result(patience), { painted: "a gate" });
  }
});

test("what is too large for a message is for later as well", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  await servePainter(home, ({ what }) => ({ painted: String(what.length) }));
  const { paint } = (await home.connect("boss")).client(painter);
  const task = await paint.submit({ what: "x".repeat(3_000_000) }, { delayMs: 50 });
  assert.deepEqual(await task.result(patience), { painted: "3000000" });
});

test("a schedule fires again and again, each time as a task of its own, until it is cancelled", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const ids: string[] = [];
  await servePainter(home, ({ what }, ctx) => {
    ids.push(ctx.id);
    return { painted: what };
  });
  const boss = await home.connect("boss");
  const { paint } = boss.client(painter);
  const every = await paint.schedule({ what: "a fence" }, { id: "fence", cron: "* * * * * *" });
  await soon("it has fired three times", () => ids.length >= 3);
  assert.match(ids[0] ?? "", /^fence-\d{8}t\d{6}z$/);
  assert.equal(new Set(ids).size, ids.length);
  const task = boss.task(painter, "paint", ids[0] ?? "");
  assert.deepEqual(await task.result(patience), { painted: "a fence" });
  assert.ok((every.next?.getTime() ?? 0) > Date.now());
  const [listed] = await all(paint.schedules());
  assert.deepEqual([listed?.id, listed?.cron, listed?.timezone], ["fence", "* * * * * *", "UTC"]);
  await listed?.cancel();
  await soon("nothing is listed", async () => (await all(paint.schedules())).length === 0);
  // Only the place of what was cancelled is left: nothing that could fire.
  await soon("its place is kept", async () => (await left(home, Store.schedules)) === 1);
});

test("a task for later is listed, cancelled before its time, and ends as cancelled", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const boss = await home.connect("boss");
  const { paint } = boss.client(painter);
  const at = new Date(Date.now() + 3_600_000);
  const gate = await paint.submit({ what: "a gate" }, { id: "gate", at });
  await paint.submit({ what: "a door" }, { id: "door", at });
  assert.deepEqual(await gate.status(), { state: "scheduled", at });
  const found = await soon("both are listed", async () => {
    const listed = await all(paint.schedules());
    return listed.length === 2 && listed;
  });
  assert.deepEqual(found.map(({ id, next, cron }) => [id, next?.getTime(), cron]).sort(), [
    ["door", at.getTime(), undefined],
    ["gate", at.getTime(), undefined],
  ]);
  await gate.cancel();
  await assert.rejects(gate.result(patience), { code: "cancelled" });
  // From another process, by the id alone.
  await (await home.connect("boss")).task(painter, "paint", "door").cancel();
  const door = boss.task(painter, "paint", "door");
  await assert.rejects(door.result(patience), { code: "cancelled" });
  assert.deepEqual(await all(paint.schedules()), []);
});
