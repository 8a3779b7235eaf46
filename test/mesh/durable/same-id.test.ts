import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { finals, left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { joinStore, storedMesh } from "../../support/stores.ts";

/** Has the store forget ids at once, as it does after two minutes. */
async function forgetIds(home: HomeMesh): Promise<void> {
  const nc = await joinStore(home);
  const jsm = await jetstreamManager(nc);
  await jsm.streams.update(Store.tasks, { duplicate_window: 100 * 1_000_000 });
  await nc.close();
}

test("a task that is submitted again while it is worked on ends, and once", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const go: (() => void)[] = [];
  const gates = [0, 1, 2, 3].map(() => new Promise<void>((resolve) => void go.push(resolve)));
  await forgetIds(home);
  let runs = 0;
  await servePainter(
    home,
    async ({ what }) => {
      await gates[runs++];
      return { painted: what };
    },
    { tasks: { concurrency: 4 } },
  );
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await eventually("it runs", () => runs === 1);
  // As who submits does that was restarted, and does not know how far it was.
  await eventually("it is stored again", async () => {
    await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
    return (await left(home, Store.tasks)) === 2;
  });
  await eventually("the other message is taken up", () => runs === 2);
  go[0]?.();
  const isOne = async (): Promise<boolean> => (await left(home, Store.tasks)) === 1;
  await eventually("the first message gives way", isOne);
  go[1]?.();
  assert.deepEqual(await task.result({ timeoutMs: 20_000 }), { painted: "a door" });
  await eventually("none is left", async () => (await left(home, Store.tasks)) === 0);
  assert.equal((await finals(home)).length, 1);
  assert.equal(runs, 2);
});
