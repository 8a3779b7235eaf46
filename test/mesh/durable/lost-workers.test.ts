import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { launchPainter } from "../../support/launch.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { hurryTasks, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

test("a worker that is killed in the middle loses nothing: another one does the task", async () => {
  using folder = temporaryFolder();
  const gate = join(folder.path, "gate");
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using first = await launchPainter(home, gate);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "slowly" }, { id: "t1" });
  await eventually("it has begun", () => first.lines.includes("begun t1 1"));
  first.signal("SIGKILL");
  await first.ended;
  await hurryTasks(home, "painter", 1_500);
  await using second = await launchPainter(home, gate);
  await eventually("the other begins it", () => second.lines.includes("begun t1 2"));
  writeFileSync(gate, "");
  assert.deepEqual(await task.result(patience), { painted: `slowly by ${second.pid}` });
  await eventually("none is left", async () => (await left(home, Store.tasks)) === 0);
});

test("an attempt that was taken for dead, and comes back, writes nothing", async () => {
  using folder = temporaryFolder();
  const gate = join(folder.path, "gate");
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 5_000 });
  await using first = await launchPainter(home, gate);
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "slowly" }, { id: "t1" });
  // One that is stopped while it writes its checkpoint fails there, and paints nothing.
  await eventually("it has begun", () => first.lines.includes("noted t1 1"));
  first.signal("SIGSTOP");
  await using second = await launchPainter(home, gate);
  // Not always the second attempt: what the stopped one has asked for still goes to it.
  const isBegun = (): boolean => second.lines.some((line) => line.startsWith("begun t1 "));
  await eventually("the other begins it", isBegun);
  first.signal("SIGCONT");
  await eventually("the first has come back", () => first.lines.includes("painted t1 1 true"));
  assert.equal((await task.status()).state, "running");
  writeFileSync(gate, "");
  assert.deepEqual(await task.result(patience), { painted: `slowly by ${second.pid}` });
  assert.deepEqual(await finals(home), ["mesh.result.boss.t1.final.painter"]);
});

test("a task whose workers die each time ends in the dead letters once", async () => {
  using folder = temporaryFolder();
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 3_000 });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "fatally" }, { id: "t1" });
  for (let died = 1; died <= 3; died++) {
    await using one = await launchPainter(home, join(folder.path, "gate"));
    await one.ended;
    assert.ok(one.lines.includes(`begun t1 ${died}`), one.lines.join());
  }
  await using _last = await launchPainter(home, join(folder.path, "gate"));
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "unknown_outcome"));
  const [dead, ...others] = await deadLetters(home);
  assert.deepEqual([dead?.subject, others], ["mesh.dead.task.painter.paint.t1.0", []]);
  assert.match(dead?.facts ?? "", /"attempts":3/);
  await eventually("the task is gone", async () => (await left(home, Store.tasks)) === 0);
});
