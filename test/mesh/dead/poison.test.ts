import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { priorities, Store, taskConsumer } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { headers as newHeaders } from "@nats-io/transport-node";
import { deadOffice, listed, redriven } from "../../support/dead-office.ts";
import { patient } from "../../support/dial.ts";
import { deadLetters, left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { joinPlain, joinStore, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

/** Makes painter's consumers anew: they begin with everything that is still in the stream. */
async function remakeConsumers(home: HomeMesh): Promise<void> {
  const nc = await joinStore(home);
  const jsm = await jetstreamManager(nc);
  for (const priority of priorities) {
    const { stream, consumer } = taskConsumer("painter", priority);
    const { config } = await jsm.consumers.info(stream, consumer);
    await jsm.consumers.delete(stream, consumer);
    await jsm.consumers.add(stream, config);
  }
  await nc.close();
}

// PITFALLS 8.
test("a poison task is tried as often as it may be, is in the dead letters once, and does not return with a new consumer", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const attempts: number[] = [];
  const poisoned = (_input: unknown, { attempt }: { readonly attempt: number }): never => {
    attempts.push(attempt);
    throw new TypeError("poison");
  };
  const worker = await servePainter(home, poisoned);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "handler_failed"));
  await eventually("it is gone", async () => (await left(home, Store.tasks)) === 0);
  await worker.drain();
  await remakeConsumers(home);
  await servePainter(home, poisoned);
  const next = await boss.client(painter).paint.submit({ what: "a wall" }, { id: "t2" });
  await assert.rejects(next.result(patience));
  assert.deepEqual(attempts, [1, 2, 3, 1, 2, 3]);
  const [first, ...others] = await deadLetters(home);
  assert.equal(first?.subject, "mesh.dead.task.painter.paint.t1.0");
  assert.deepEqual(
    others.map(({ subject }) => subject),
    ["mesh.dead.task.painter.paint.t2.0"],
  );
  const { tries } = JSON.parse(first?.facts ?? "{}") as {
    readonly tries: readonly { readonly begunAt: string; readonly endedAt: string }[];
  };
  assert.equal(tries.length, 3);
  for (const { begunAt, endedAt } of tries) assert.ok(begunAt <= endedAt, `${begunAt} ${endedAt}`);
});

test("what was no task when it came is not brought back to its agent, which would refuse it again", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const rival = await joinPlain(home, "rival");
  await rival.request("mesh.task.painter.paint.normal.rival", "{not json", patient);
  await rival.close();
  await servePainter(home, ({ what }) => ({ painted: what }));
  await using office = await deadOffice(home);
  await eventually("it has died", async () => (await listed(office)).length === 1);
  const [letter] = await listed(office);
  assert.deepEqual([letter?.task, letter?.facts.attempts], ["seq-1", 0]);
  const [told] = await redriven(office, {});
  assert.deepEqual(
    [told?.is, told?.why],
    ["refused", "it has no id that a task could have: its agent would refuse it again"],
  );
});

test("a dead letter that says it is of another agent is not brought back", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const liar = await joinPlain(home, "painter");
  const head = newHeaders();
  const facts = {
    ...{ attempts: 1, instance: "x", subject: "mesh.task.boss.pay.normal.rival", sequence: 1 },
    ...{ storedAt: new Date().toISOString(), givenUpAt: new Date().toISOString() },
  };
  head.set("Mesh-Dead", JSON.stringify(facts));
  head.set("Mesh-Error", "handler_failed");
  const subjects = ["paint.t1.0", "paint.t2.0"].map((rest) => `mesh.dead.task.painter.${rest}`);
  await liar.request(subjects[0] ?? "", "{}", { ...patient, headers: head });
  // No letter at all: it is left out, and keeps nobody from the others.
  await liar.request(subjects[1] ?? "", "{}", patient);
  await liar.close();
  await using office = await deadOffice(home);
  const told = await redriven(office, {});
  assert.deepEqual(
    told.map(({ is, why }) => [is, why]),
    [
      [
        "refused",
        "mesh.task.boss.pay.normal.rival is no task of painter: the letter is not what it says",
      ],
    ],
  );
});

test("a redrive of everything ends, though all that it brings back dies again at once", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let runs = 0;
  const poisoned = (): never => {
    runs++;
    throw new TypeError("poison");
  };
  await servePainter(home, poisoned, { tasks: { attempts: 1 } });
  const boss = await home.connect("boss");
  for (const id of ["t1", "t2", "t3"]) {
    const task = await boss.client(painter).paint.submit({ what: "a door" }, { id });
    await assert.rejects(task.result(patience));
  }
  await using office = await deadOffice(home);
  const told = await redriven(office, {}, { rate: 20 });
  assert.deepEqual(
    told.map(({ letter, generation }) => `${letter.task} ${generation}`),
    ["t1 1", "t2 1", "t3 1"],
  );
  await eventually("all have died again", async () => (await listed(office)).length === 3);
  assert.equal(runs, 6);
});

test("who gives up a redrive hears how far it came", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const poisoned = (): never => {
    throw new TypeError("poison");
  };
  await servePainter(home, poisoned, { tasks: { attempts: 1 } });
  const boss = await home.connect("boss");
  for (const id of ["t1", "t2"]) {
    const task = await boss.client(painter).paint.submit({ what: "a door" }, { id });
    await assert.rejects(task.result(patience));
  }
  await using office = await deadOffice(home);
  const leaving = new AbortController();
  const told: string[] = [];
  const work = async (): Promise<void> => {
    const { signal } = leaving;
    for await (const { letter, is } of office.redrive({}, { rate: 0.001, signal })) {
      told.push(`${letter.task} ${is}`);
      leaving.abort("enough");
    }
  };
  await assert.rejects(work(), (error) => isMeshError(error, "cancelled"));
  assert.deepEqual(told, ["t1 redriven"]);
});
