import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, isMeshError, MeshError } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { patient } from "../../support/dial.ts";
import { deadLetters, left } from "../../support/durable-facts.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { joinPlain, joinStore, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };
const says = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof MeshError && error.code === code && text.test(error.message);
const paint = ({ what }: { what: string }) => ({ painted: what });

test("a server that keeps no streams refuses tasks on both sides, and says what is missing", async () => {
  await using mesh = await startMesh();
  const boss = await mesh.connect("boss");
  await assert.rejects(
    boss.client(painter).paint.submit({ what: "x" }),
    says("unavailable", /mesh\.task.*no stream takes it.*JetStream/),
  );
  const handlers = { paint, sketch: () => ({}), async *stroke() {} };
  await assert.rejects(
    mesh.serve(painter, handlers, { tasks: {} }),
    says("unavailable", /CONSUMER\.INFO.*no stream/),
  );
});

test("a guest that takes tasks, and has no consumers, is told the line of mesh.yaml that makes them", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  for (const consumer of ["painter-high", "painter-normal"]) {
    await jsm.consumers.delete(Store.tasks, consumer);
  }
  await keeper.close();
  await assert.rejects(
    servePainter(home, paint),
    says(
      "unavailable",
      /no such consumer.*agents\.painter\.skills: \[paint, sketch, stroke\].*submits: \[painter\.\*\]/,
    ),
  );
});

test("consumers of a foreign configuration are refused, each with what is wrong", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  const change = (config: object) =>
    jsm.consumers.update(Store.tasks, "painter-normal", config as never);
  await change({ filter_subjects: ["mesh.task.painter.paint.normal.*"] });
  await assert.rejects(
    servePainter(home, paint),
    says("unavailable", /filter must be mesh\.task\.painter\.\*\.normal\.\*, it is .*paint/),
  );
  await change({ filter_subjects: ["mesh.task.painter.*.normal.*"], max_deliver: 4 });
  await assert.rejects(
    servePainter(home, paint, { tasks: { attempts: 4 } }),
    says("invalid_argument", /attempts must be less than 4, got 4/),
  );
  await servePainter(home, paint, { tasks: { attempts: 3 } });
  await keeper.close();
});

test("a task for another version of the contract ends in the dead letters, with that as its cause", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint: old } = (await home.connect("boss")).client(painter);
  const task = await old.submit({ what: "a door" }, { id: "t1" });
  const next = defineAgent({ name: "painter", version: "2.0.0", skills: painter.skills });
  const worker = await home.connect("painter");
  const handlers = { paint, sketch: () => ({}), async *stroke() {} };
  const tasks = { firstDelayMs: 5, maxDelayMs: 10 };
  await worker.serve(next, handlers, { tasks });
  await eventually("it is given up", async () => (await left(home, Store.tasks)) === 0);
  const [letter, ...others] = await deadLetters(home);
  assert.deepEqual(
    [letter?.subject, letter?.code, others],
    ["mesh.dead.task.painter.paint.t1.0", "unknown_skill", []],
  );
  assert.match(letter?.why ?? "", /written for 1\.2\.0, this is 2\.0\.0/);
  assert.match(letter?.facts ?? "", /"attempts":0/);
  await assert.rejects(task.result(patience), says("unknown_skill", /1\.2\.0/));
});

test("while two versions work side by side, a task is done by the one that can read it", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const handlers = { paint, sketch: () => ({}), async *stroke() {} };
  const tasks = { firstDelayMs: 5, maxDelayMs: 10, attempts: 2 };
  const next = defineAgent({ name: "painter", version: "2.0.0", skills: painter.skills });
  await (await home.connect("painter")).serve(next, handlers, { tasks });
  await (await home.connect("painter")).serve(painter, handlers, { tasks });
  const { paint: old } = (await home.connect("boss")).client(painter);
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, at) => old.submit({ what: `${at}` })),
  );
  await Promise.all(all.map((task) => task.result(patience)));
  assert.deepEqual(await deadLetters(home), []);
});

test("a result that nobody signed is not believed, and neither is one that another agent signed", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const boss = await home.connect("boss");
  const { headers } = await import("@nats-io/transport-node");
  // Only whoever holds the store's own login can put it there.
  const store = await joinStore(home);
  const head = headers();
  head.set("Mesh-Id", "t1");
  head.set("Mesh-Skill", "paint");
  const subject = "mesh.result.boss.t1.final.painter";
  await store.request(subject, JSON.stringify({ painted: "a lie" }), {
    headers: head,
    ...patient,
  });
  const lie = boss.task(painter, "paint", "t1");
  await assert.rejects(lie.result(patience), says("permission_denied", /not signed by painter/));
  await assert.rejects(lie.status(), says("permission_denied", /not signed/));
  // A true result, under another task's name.
  await servePainter(home, paint);
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t2" });
  await task.result(patience);
  const question = "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.boss.t2.final.painter";
  const plain = await joinPlain(home, "boss");
  const { headers: true_ = headers(), data } = await plain.request(question, "", patient);
  await plain.close();
  const copied = headers();
  for (const name of ["Mesh-Id", "Mesh-Skill", "Mesh-Envelope", "Mesh-Signer"]) {
    copied.set(name, name === "Mesh-Id" ? "t3" : true_.get(name));
  }
  await store.request("mesh.result.boss.t3.final.painter", data, {
    headers: copied,
    ...patient,
  });
  await store.close();
  const moved = boss.task(painter, "paint", "t3");
  await assert.rejects(moved.result(patience), says("permission_denied", /signed for the/));
});

test("a state that is garbage is no attempt, and the task is done all the same", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const boss = await home.connect("boss");
  const store = await joinStore(home);
  for (const garbage of ["{", "[]", '{"tries":[1,{"begunAt":7}],"delivery":-1}', "null"]) {
    await store.request("mesh.result.boss.t1.running.painter", garbage, patient);
  }
  await store.close();
  assert.equal((await boss.task(painter, "paint", "t1").status()).state, "running");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await servePainter(home, paint);
  assert.deepEqual(await task.result(patience), { painted: "a door" });
  assert.ok(!isMeshError(await task.status()));
});

test("a wait that no clock can keep is refused, of a result and of progress", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const task = await (await home.connect("boss")).client(painter).paint.submit({ what: "x" });
  const wrong = says("invalid_argument", /task\.timeoutMs must be/);
  const waits = [Number.POSITIVE_INFINITY, Number.NaN, -1, 2 ** 31, "5" as never];
  for (const timeoutMs of waits) {
    await assert.rejects(task.result({ timeoutMs }), wrong, String(timeoutMs));
    const read = async () => {
      for await (const _one of task.progress({ timeoutMs }));
    };
    await assert.rejects(read(), wrong, String(timeoutMs));
  }
  await assert.rejects(task.result({ timeoutMs: 1 }), says("deadline_exceeded", /./));
});
