import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { type OverdueOptions, OverdueTasks } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { Store, storeApiPrefix, taskConsumer, taskFilter } from "@myelin/subjects";
import { jetstream } from "@nats-io/jetstream";
import { deadOffice, listed, redriven } from "../../support/dead-office.ts";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import { forgeMove } from "../../support/forged-move.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { inStore, joinPlain, storedMesh } from "../../support/stores.ts";

const anHour = 3_600_000;
const door = { what: "a door" };

/** A keeper that looks for what is overdue all the time, and does nothing else. */
function joinQuick(home: HomeMesh, options: OverdueOptions = {}): ReturnType<typeof joinKeeper> {
  const quick = { graceMs: 1, everyMs: 50, ...options };
  return joinKeeper(home, {
    duties: { "overdue tasks": (keeping) => new OverdueTasks(keeping, quick) },
  });
}

async function letters(home: HomeMesh): Promise<readonly string[]> {
  return (await deadLetters(home)).map(({ subject, code }) => `${subject} ${code}`).toSorted();
}

function letterOf(id: string, generation = 0): string {
  return `mesh.dead.task.painter.paint.${id}.${generation} deadline_exceeded`;
}

/** Each has one letter, and one final result. */
async function eachEndedOnce(home: HomeMesh, ids: readonly string[]): Promise<void> {
  assert.deepEqual(
    await letters(home),
    ids.map((id) => letterOf(id)),
  );
  assert.deepEqual(
    (await finals(home)).toSorted(),
    ids.map((id) => `mesh.result.boss.${id}.final.painter`),
  );
}

test("a task that no worker took by its deadline ends once: dead letter, final result, and it is gone", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit(door, { id: "t1", deadlineMs: 1 });
  await using _keeper = await joinQuick(home);
  const isOver = (error: unknown) =>
    isMeshError(error, "deadline_exceeded") && /no worker took it/.test(error.message);
  await assert.rejects(task.result(), isOver);
  await eventually("it is gone", async () => (await left(home, Store.tasks)) === 0);
  const [dead, ...others] = await deadLetters(home);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [dead?.subject, dead?.code, dead?.body, dead?.header("Origin-Mesh-Id")],
    ["mesh.dead.task.painter.paint.t1.0", "deadline_exceeded", '{"what":"a door"}', "t1"],
  );
  const facts = JSON.parse(dead?.facts ?? "{}");
  assert.deepEqual([facts.attempts, facts.tries, facts.instance], [0, undefined, "keeper"]);
  assert.deepEqual(await finals(home), ["mesh.result.boss.t1.final.painter"]);
  const handle = (await home.connect("boss")).task(painter, "paint", "t1");
  assert.equal((await handle.status()).state, "failed");
  await assert.rejects(handle.result({ timeoutMs: 20_000 }), isOver);
});

test("what is within its deadline, or over it by less than the grace, waits on", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  await paint.submit(door, { id: "early", deadlineMs: anHour });
  await paint.submit(door, { id: "late", deadlineMs: 1 });
  await using patient = await joinQuick(home, { graceMs: anHour });
  await eventually("it has looked once", () => patient.isUp);
  assert.deepEqual(await letters(home), []);
  await using _keeper = await joinQuick(home);
  await eventually("the late one is gone", async () => (await left(home, Store.tasks)) === 1);
  assert.deepEqual(await letters(home), [letterOf("late")]);
  await servePainter(home, ({ what }) => ({ painted: what }));
  const early = (await home.connect("boss")).task(painter, "paint", "early");
  assert.deepEqual(await early.result({ timeoutMs: 20_000 }), { painted: "a door" });
});

test("keepers side by side end each of many once, a few in each round, also for agents without a consumer", async () => {
  await using home = await storedMesh(painterMesh, []);
  const { paint } = (await home.connect("boss")).client(painter);
  const ids = Array.from({ length: 40 }, (_, at) => `t${at + 10}`);
  await Promise.all(ids.map((id) => paint.submit(door, { id, deadlineMs: 1 })));
  await inStore(home, async (jsm) => {
    for (const priority of ["high", "normal"] as const) {
      const { stream, consumer } = taskConsumer("painter", priority);
      await jsm.consumers.delete(stream, consumer);
    }
  });
  await using _one = await joinQuick(home, { most: 7 });
  await using _two = await joinQuick(home, { most: 7 });
  await using _three = await joinQuick(home, { most: 7 });
  await eventually("all are gone", async () => (await left(home, Store.tasks)) === 0);
  await eachEndedOnce(home, ids);
});

test("a task that a worker has beyond its deadline is left to it", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  await paint.submit(door, { id: "had", deadlineMs: 1 });
  const worker = await joinPlain(home, "painter");
  const js = jetstream(worker, { apiPrefix: storeApiPrefix });
  const { stream, consumer } = taskConsumer("painter", "normal");
  const had = await (await js.consumers.get(stream, consumer)).next({ expires: 15_000 });
  assert.equal(had?.headers?.get("Mesh-Id"), "had");
  await using _keeper = await joinQuick(home);
  await paint.submit(door, { id: "late", deadlineMs: 1 });
  await eventually("the late one is gone", async () => (await left(home, Store.tasks)) === 1);
  assert.deepEqual(await letters(home), [letterOf("late")]);
  had?.ack();
  await worker.close();
});

test("what a consumer has that nobody asked apply for is left to whoever pulls from it", async () => {
  await using home = await storedMesh(painterMesh, []);
  const { paint, sketch } = (await home.connect("boss")).client(painter);
  await inStore(home, async (jsm) => {
    const { stream, consumer } = taskConsumer("painter", "normal");
    await jsm.consumers.delete(stream, consumer);
    const own = { durable_name: "somebody", ack_policy: "explicit" } as const;
    const filter_subject = taskFilter({ agent: "painter", skill: "sketch" });
    await jsm.consumers.delete(stream, taskConsumer("painter", "high").consumer);
    await jsm.consumers.add(stream, { ...own, filter_subject });
  });
  await sketch.submit({}, { id: "theirs", deadlineMs: 1 });
  await paint.submit(door, { id: "late", deadlineMs: 1 });
  await using _keeper = await joinQuick(home);
  await eventually("the late one is gone", async () => (await left(home, Store.tasks)) === 1);
  assert.deepEqual(await letters(home), [letterOf("late")]);
});

test("a task that was submitted again while it is worked on takes nothing away from who does it", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  await servePainter(
    home,
    async ({ what }) => {
      await gate;
      return { painted: what };
    },
    { tasks: { concurrency: 1 } },
  );
  const { paint } = (await home.connect("boss")).client(painter);
  const task = await paint.submit(door, { id: "t1", deadlineMs: anHour });
  await eventually("it is begun", async () => (await task.status()).state === "running");
  // As it is stored again once the store has forgotten its message's id.
  await inStore(home, async (jsm) => {
    const { config } = await jsm.streams.info(Store.tasks);
    await jsm.streams.update(Store.tasks, { ...config, duplicate_window: 100_000_000 });
  });
  const again = await eventually("it is stored again", async () => {
    const { receipt } = await paint.submit(door, { id: "t1", deadlineMs: 1 });
    return receipt?.duplicate === false;
  });
  assert.ok(again);
  await using _keeper = await joinQuick(home);
  await paint.submit(door, { id: "late", deadlineMs: 1 });
  await eventually("the late one is gone", async () => (await left(home, Store.tasks)) === 2);
  open();
  assert.deepEqual(await task.result({ timeoutMs: 20_000 }), { painted: "a door" });
  await eventually("both are gone", async () => (await left(home, Store.tasks)) === 0);
  assert.deepEqual(await letters(home), [letterOf("late")]);
});

test("workers that come in the same moment as a keeper end each task once with it", async () => {
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 1_000 });
  const { paint } = (await home.connect("boss")).client(painter);
  const ids = Array.from({ length: 60 }, (_, at) => `t${at + 10}`);
  await Promise.all(ids.map((id) => paint.submit(door, { id, deadlineMs: 1 })));
  const painted: string[] = [];
  const serve = () =>
    servePainter(home, ({ what }) => {
      painted.push(what);
      return { painted: what };
    });
  const joining = joinQuick(home);
  await Promise.all([serve(), serve()]);
  await using _keeper = await joining;
  await eventually("all are gone", async () => (await left(home, Store.tasks)) === 0);
  await eachEndedOnce(home, ids);
  assert.deepEqual(painted, []);
});

test("a redriven task has its deadline anew, and ends as the next generation of its letter; a forged one ends nobody's", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const boss = await home.connect("boss");
  await boss.client(painter).paint.submit(door, { id: "t1", deadlineMs: 1 });
  await using _keeper = await joinQuick(home);
  await eventually("it is gone", async () => (await left(home, Store.tasks)) === 0);
  await using office = await deadOffice(home);
  assert.equal((await redriven(office, {}))[0]?.is, "redriven");
  await eventually("there is another letter", async () => (await letters(home)).length > 1);
  await eventually("it is gone again", async () => (await left(home, Store.tasks)) === 0);
  const ofTasks = (await letters(home)).filter((one) => one.startsWith("mesh.dead.task."));
  assert.deepEqual(ofTasks, [letterOf("t1"), letterOf("t1", 1)]);
  assert.equal((await finals(home)).length, 2);
  const [letter] = await listed(office, { state: "any" });
  assert.ok(letter !== undefined);
  const forged = { why: "redrive", mover: "rival", id: "t1", generation: 2 } as const;
  await forgeMove(home, letter.original, forged);
  await eventually("the forged one is gone", async () => (await left(home, Store.tasks)) === 0);
  const last = (await deadLetters(home)).at(-1);
  assert.match(last?.subject ?? "", /^mesh\.dead\.task\.painter\.paint\.seq-\d+\.0$/);
  assert.deepEqual([last?.code, (await finals(home)).length], ["permission_denied", 2]);
});

test("an order to cancel that nobody takes waits on, and says nothing where its task is over", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit(door, { id: "t1", deadlineMs: 1 });
  await task.cancel();
  await using _keeper = await joinQuick(home);
  await eventually("its task is gone", async () => (await left(home, Store.tasks)) === 1);
  await servePainter(home, ({ what }) => ({ painted: what }));
  await eventually("the order is gone", async () => (await left(home, Store.tasks)) === 0);
  assert.deepEqual(await letters(home), [letterOf("t1")]);
  assert.equal((await finals(home)).length, 1);
});
