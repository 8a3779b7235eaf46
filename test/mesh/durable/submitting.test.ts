import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { patient } from "../../support/dial.ts";
import { finals, left } from "../../support/durable-facts.ts";
import { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { joinPlain, joinStore, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };
const says = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof MeshError && error.code === code && text.test(error.message);

test("the same id submitted twice is one task, and another's message cannot take its place", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const rival = await joinPlain(home, "rival");
  const { headers } = await import("@nats-io/transport-node");
  const head = headers();
  head.set("Nats-Msg-Id", "door-1");
  await rival.request("mesh.task.painter.paint.normal.rival", "", {
    headers: head,
    ...patient,
  });
  await rival.close();
  const { paint } = (await home.connect("boss")).client(painter);
  const first = await paint.submit({ what: "a door" }, { id: "door-1" });
  assert.equal(first.receipt?.duplicate, false);
  const again = await (await home.connect("boss"))
    .client(painter)
    .paint.submit({ what: "a door" }, { id: "door-1" });
  assert.deepEqual(
    [again.receipt?.duplicate, again.receipt?.sequence],
    [true, first.receipt?.sequence],
  );
});

test("what cannot be a task is refused before anything is sent", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  await assert.rejects(paint.submit({ what: 7 as never }), says("invalid_input", /what/));
  await assert.rejects(
    paint.submit({ what: "x" }, { id: "A door" }),
    says("invalid_argument", /id/),
  );
  await assert.rejects(
    paint.submit({ what: "x" }, { priority: "low" as never }),
    says("invalid_argument", /high, normal/),
  );
  await assert.rejects(
    paint.submit({ what: "x".repeat(66 * 1_048_576) }),
    says("payload_too_large", /./),
  );
  assert.equal(await left(home, Store.tasks), 0);
});

test("without streams both sides say what is missing", async () => {
  await using home = await HomeMesh.start({ mesh: painterMesh });
  const { paint } = (await home.connect("boss")).client(painter);
  await assert.rejects(paint.submit({ what: "x" }), says("unavailable", /myelin apply/));
  await assert.rejects(
    servePainter(home, ({ what }) => ({ painted: what })),
    says("unavailable", /myelin apply/),
  );
});

test("a worker without its consumers does not start, and says which is missing", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const keeper = await joinStore(home);
  await (await jetstreamManager(keeper)).consumers.delete(Store.tasks, "painter-high");
  await keeper.close();
  await assert.rejects(
    servePainter(home, ({ what }) => ({ painted: what })),
    says("unavailable", /painter-high.*no such consumer/),
  );
});

test("a full stream and a read-only one refuse a task, and say why", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  const { paint } = (await home.connect("boss")).client(painter);
  await paint.submit({ what: "one" });
  const { config } = await jsm.streams.info(Store.tasks);
  await jsm.streams.update(Store.tasks, { ...config, max_msgs: 1 });
  await assert.rejects(paint.submit({ what: "two" }), says("overloaded", /full/));
  assert.equal(await left(home, Store.tasks), 1);
  await jsm.streams.update(Store.tasks, { ...config, max_msgs: -1, sealed: true } as never);
  await assert.rejects(paint.submit({ what: "three" }), says("unavailable", /read-only/));
  await keeper.close();
});

test("tasks outlive a broker that is killed, and workers go on by themselves", async () => {
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 2_000 });
  const runs: string[] = [];
  await servePainter(home, ({ what }) => {
    runs.push(what);
    return { painted: what };
  });
  const { paint } = (await home.connect("boss")).client(painter);
  await home.server.kill();
  const late = paint.submit({ what: "during" });
  await home.server.restart();
  const task = await late;
  assert.deepEqual(await task.result(patience), { painted: "during" });
  const next = await paint.submit({ what: "after" });
  assert.deepEqual(await next.result(patience), { painted: "after" });
  await eventually("all are gone", async () => (await left(home, Store.tasks)) === 0);
  assert.equal((await finals(home)).length, 2);
});

test("two workers never run one attempt at once, and every task runs once", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const runs = new Map<string, number>();
  const paint = ({ what }: { what: string }) => {
    runs.set(what, (runs.get(what) ?? 0) + 1);
    return { painted: what };
  };
  for (const _worker of [1, 2]) await servePainter(home, paint);
  const client = (await home.connect("boss")).client(painter);
  const names = Array.from({ length: 100 }, (_, at) => `door-${at}`);
  const priorityOf = (name: string) => (name.endsWith("7") ? "high" : "normal");
  const tasks = await Promise.all(
    names.map((what) => client.paint.submit({ what }, { priority: priorityOf(what) })),
  );
  const results = await Promise.all(tasks.map((task) => task.result(patience)));
  assert.deepEqual(
    results,
    names.map((painted) => ({ painted })),
  );
  assert.deepEqual([...runs.values()], Array(100).fill(1));
});

test("a worker that drains finishes what it runs, and loses nothing that waits", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = async ({ what }: { what: string }) => {
    await gate;
    return { painted: `${what} by the first` };
  };
  const first = await servePainter(home, slow, { tasks: { concurrency: 1 } });
  const { paint } = (await home.connect("boss")).client(painter);
  const running = await paint.submit({ what: "one" });
  await eventually("it runs", async () => (await running.status()).state === "running");
  const waiting = await paint.submit({ what: "two" }, { priority: "high" });
  const drained = first.drain();
  go();
  await drained;
  assert.deepEqual(await running.result(patience), { painted: "one by the first" });
  await servePainter(home, ({ what }) => ({ painted: `${what} by the second` }));
  assert.deepEqual(await waiting.result(patience), { painted: "two by the second" });
});
