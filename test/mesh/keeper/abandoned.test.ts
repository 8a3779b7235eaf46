import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { takeAndDie } from "../../support/abandoning.ts";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { launchPainter } from "../../support/launch.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { hurryTasks, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

test("keeper ends a task whose workers die each time: dead letter, final result, and the message is gone", async () => {
  using folder = temporaryFolder();
  await using home = await storedMesh(painterMesh, ["painter"], { maxDeliver: 4 });
  await using keeper = await joinKeeper(home);
  await using second = await joinKeeper(home);
  await eventually("keepers are at work", () => keeper.isUp && second.isUp);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "fatally" }, { id: "t1" });
  await using one = await launchPainter(home, join(folder.path, "gate"));
  await one.ended;
  assert.ok(one.lines.includes("begun t1 1"), one.lines.join());
  await hurryTasks(home, "painter", 1_000);
  await takeAndDie(home, 3);
  // The server says that it delivers no more when the next worker asks.
  const painted: string[] = [];
  await servePainter(home, ({ what }) => {
    painted.push(what);
    return { painted: what };
  });
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "unknown_outcome"));
  await eventually("the task is gone", async () => (await left(home, Store.tasks)) === 0);
  const [dead, ...others] = await deadLetters(home);
  assert.deepEqual([dead?.subject, others], ["mesh.dead.task.painter.paint.t1.0", []]);
  assert.deepEqual(
    [dead?.code, dead?.body, dead?.header("Origin-Mesh-Id")],
    ["unknown_outcome", '{"what":"fatally"}', "t1"],
  );
  const facts = JSON.parse(dead?.facts ?? "{}");
  assert.deepEqual([facts.attempts, facts.tries.length, facts.instance], [1, 1, "keeper"]);
  assert.equal(facts.subject, "mesh.task.painter.paint.normal.boss");
  assert.deepEqual(await finals(home), ["mesh.result.boss.t1.final.painter"]);
  assert.deepEqual(painted, []);
});
