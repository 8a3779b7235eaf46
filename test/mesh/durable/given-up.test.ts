import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isMeshError, MeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { deadLetters, finals, left, purge } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { inStore, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 60_000 };
const final = "mesh.result.boss.t1.final.painter";
const letter = "mesh.dead.task.painter.paint.t1.0";

/** Leaves no room for a dead letter until it is purged. */
async function fillDead(home: HomeMesh): Promise<void> {
  await inStore(home, async (jsm) => {
    await jsm.streams.update(Store.dead, { max_bytes: 20_000 });
    const put = async (at: number, bytes: number) =>
      jsm.jetstream().publish(`mesh.dead.task.filler.fill.t${at}.0`, "x".repeat(bytes));
    await put(0, 15_000);
    // Until not even a small one fits.
    let isFull = false;
    for (let at = 1; !isFull; at++) {
      await put(at, 100).catch((error: unknown) => {
        assert.match(String(error), /maximum bytes exceeded/);
        isFull = true;
      });
    }
  });
}

test("a task that is given up has no result before its dead letter is stored, and outlives the wait for it", async () => {
  // So few deliveries would be spent within a second if it were given back as after other failures.
  await using home = await storedMesh(painterMesh, ["painter"], { maxDeliver: 5 });
  await fillDead(home);
  let runs = 0;
  const paint = (): never => {
    runs++;
    throw new TypeError("no paint");
  };
  await servePainter(home, paint, { tasks: { attempts: 1, firstDelayMs: 20, maxDelayMs: 50 } });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await eventually("it has failed", () => runs === 1);
  // An outage lasts; how long matters to nothing that is looked at below.
  await sleep(3_000);
  assert.deepEqual(await finals(home), []);
  assert.equal(await left(home, Store.tasks), 1);
  await purge(home, Store.dead);
  const failed = await task.result(patience).catch(MeshError.from);
  assert.deepEqual(await finals(home), [final]);
  const letters = await deadLetters(home);
  assert.deepEqual(
    letters.map(({ subject, code }) => [subject, code]),
    [[letter, failed instanceof MeshError ? failed.code : "done"]],
  );
  await eventually("it is gone", async () => (await left(home, Store.tasks)) === 0);
  assert.equal(runs, 1);
});

test("a task that has its dead letter is not cancelled any more, where who gave it up died before its result", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const resize = (max_msg_size: number): Promise<void> =>
    inStore(home, async (jsm) => void (await jsm.streams.update(Store.results, { max_msg_size })));
  // Room for what a worker notes of an attempt, and none for a result that says so much.
  await resize(1_200);
  const paint = (): never => {
    throw new TypeError("no paint ".repeat(200));
  };
  const options = { tasks: { attempts: 1, firstDelayMs: 20, maxDelayMs: 50 } };
  const first = await servePainter(home, paint, options);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await eventually("its letter is there", async () => (await deadLetters(home)).length === 1);
  await first.close();
  assert.deepEqual(await finals(home), []);
  await resize(1_048_576);
  await task.cancel();
  await servePainter(home, () => assert.fail("it was begun"), options);
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "handler_failed"));
  await eventually("nothing is left", async () => (await left(home, Store.tasks)) === 0);
  assert.deepEqual([await finals(home), (await deadLetters(home)).length], [[final], 1]);
});
