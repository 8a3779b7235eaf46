import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { Store } from "@myelin/subjects";
import { finals, left } from "../../support/durable-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { soon } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 60_000 };
const hour = 3_600_000;

test("a task for later that keeper and a worker both take back has one result", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const paint = ({ what }: { what: string }) => ({ painted: what });
  await servePainter(home, paint, { tasks: { concurrency: 8 } });
  const client = (await home.connect("boss")).client(painter);
  const ids = Array.from({ length: 60 }, (_, at) => `far-${at}`);
  for (const id of ids) {
    const task = await client.paint.submit({ what: "a gate" }, { id, delayMs: hour });
    await task.cancel();
    await assert.rejects(task.result(patience), (error) => isMeshError(error, "cancelled"));
  }
  for (const stream of [Store.later, Store.tasks]) {
    await soon(`${stream} is empty`, async () => (await left(home, stream)) === 0);
  }
  const subjects = ids.map((id) => `mesh.result.boss.${id}.final.painter`);
  assert.deepEqual((await finals(home)).toSorted(), subjects.toSorted());
});
