import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { askInVain, takeAndDie } from "../../support/abandoning.ts";
import { deadOffice, listed, redriven } from "../../support/dead-office.ts";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import { forgeMove } from "../../support/forged-move.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { hurryTasks, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

/** A mesh in which boss's task t1 has died, and nobody works any more. */
async function afterDeath(): Promise<HomeMesh> {
  const home = await storedMesh(painterMesh, ["painter"], { maxDeliver: 2 });
  const poison = (): never => {
    throw new TypeError("no paint");
  };
  const worker = await servePainter(home, poison, { tasks: { attempts: 1 } });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await assert.rejects(task.result(patience));
  await worker.drain();
  await hurryTasks(home, "painter", 600);
  return home;
}

test("a redriven task that is abandoned is the next generation of its letter, with the original in it", async () => {
  await using home = await afterDeath();
  await using office = await deadOffice(home);
  assert.equal((await redriven(office, {}))[0]?.is, "redriven");
  await using _keeper = await joinKeeper(home);
  await takeAndDie(home, 2);
  await askInVain(home);
  await eventually("it is gone", async () => (await left(home, Store.tasks)) === 0);
  const letters = await listed(office, { state: "any" });
  assert.deepEqual(
    letters.map(({ generation, cause, facts }) => [generation, cause, facts.sequence]),
    [
      [0, "handler_failed", 1],
      [1, "unknown_outcome", 1],
    ],
  );
  assert.equal(letters[1]?.facts.subject, "mesh.task.painter.paint.normal.boss");
  assert.deepEqual(letters[1]?.facts.moved, { why: "redrive", mover: "ops" });
  assert.equal((await finals(home)).length, 2);
});

test("a forged move that is abandoned ends nobody's task: it is a letter of its own", async () => {
  await using home = await afterDeath();
  await using office = await deadOffice(home);
  const [letter] = await listed(office);
  assert.ok(letter !== undefined);
  const forged = { why: "redrive", mover: "rival", id: "t1", generation: 1 } as const;
  await forgeMove(home, letter.original, forged);
  await using _keeper = await joinKeeper(home);
  await takeAndDie(home, 2);
  await askInVain(home);
  await eventually("it is gone", async () => (await left(home, Store.tasks)) === 0);
  const subjects = (await deadLetters(home)).map(({ subject }) => subject);
  assert.match(subjects.at(-1) ?? "", /^mesh\.dead\.task\.painter\.paint\.seq-\d+\.0$/);
  assert.equal((await finals(home)).length, 1);
});
