import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { Store } from "@myelin/subjects";
import { type JsMsg, jetstream } from "@nats-io/jetstream";
import { firingId } from "../../../libs/durable/later/index.ts";
import { finals, left } from "../../support/durable-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { all, hurryKeepers, isTakenBack, soon } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { joinStore, storedMesh } from "../../support/stores.ts";

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

test("what is due of a schedule that is cancelled while no keeper is there is not done when one comes", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  // What a keeper had in its hands when it died stays there until the end of this test.
  await hurryKeepers(home, 600_000);
  const done: string[] = [];
  await servePainter(home, ({ what }, ctx) => {
    done.push(ctx.id);
    return { painted: what };
  });
  const { paint } = (await home.connect("boss")).client(painter);
  const first = await joinKeeper(home);
  const fence = await paint.schedule({ what: "a fence" }, { id: "fence", cron: "* * * * * *" });
  await soon("it is taken", async () => (await all(paint.schedules())).length === 1);
  await first.close();
  const nc = await joinStore(home);
  const due = await jetstream(nc).consumers.get(Store.schedules, "keeper");
  const held: JsMsg[] = [];
  for (let at = 0; at < 3; at++) {
    const message = await due.next({ expires: 60_000 });
    assert.ok(message !== null);
    held.push(message);
  }
  await fence.cancel();
  await using _second = await joinKeeper(home);
  await soon("it is taken back", () => isTakenBack(home, "boss.fence"));
  await soon("the order is done", async () => (await left(home, Store.later)) === 0);
  assert.equal(await left(home, Store.schedules), 1, "its place alone is left");
  for (const message of held) message.nak();
  // What would come again comes before this one.
  await nc.flush();
  const last = await paint.submit({ what: "a gate" }, { id: "gate", delayMs: 50 });
  await last.result(patience);
  const ids = held.map(({ time }) => firingId("fence", time));
  assert.deepEqual(
    done.filter((id) => ids.includes(id)),
    [],
  );
  await nc.close();
});
