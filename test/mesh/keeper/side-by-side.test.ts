import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { askInVain, takeAndDie } from "../../support/abandoning.ts";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { joinStore, storedMesh } from "../../support/stores.ts";

const deliveries = 2;
const ids = ["t1", "t2", "t3", "t4", "t5", "t6"];

/** Has every advisory delivered once more, as it is when the acknowledgements of all were lost. */
async function forgetAcknowledgements(home: HomeMesh): Promise<number> {
  const nc = await joinStore(home);
  const jsm = await jetstreamManager(nc);
  const { config } = await jsm.consumers.info(Store.advisories, "keeper");
  await jsm.consumers.delete(Store.advisories, "keeper");
  await jsm.consumers.add(Store.advisories, config);
  const { messages } = (await jsm.streams.info(Store.advisories)).state;
  await nc.close();
  return messages;
}

async function unread(home: HomeMesh): Promise<number> {
  const nc = await joinStore(home);
  const jsm = await jetstreamManager(nc);
  const info = await jsm.consumers.info(Store.advisories, "keeper");
  await nc.close();
  return info.num_pending + info.num_ack_pending;
}

test("keepers side by side, over a broker that restarts and with lost acknowledgements, end each task once", async () => {
  const options = { ackWaitMs: 600, maxDeliver: deliveries };
  await using home = await storedMesh(painterMesh, ["painter"], options);
  const boss = await home.connect("boss");
  for (const id of ids) await boss.client(painter).paint.submit({ what: "a door" }, { id });
  await takeAndDie(home, ids.length * deliveries);
  await askInVain(home, ids.length);
  // Nobody was there to hear it; who comes hears it over a broker that goes away and comes back.
  const keepers = await Promise.all([joinKeeper(home), joinKeeper(home), joinKeeper(home)]);
  await home.server.kill();
  await home.server.restart();
  await eventually("all tasks are gone", async () => (await left(home, Store.tasks)) === 0);
  const advisories = await forgetAcknowledgements(home);
  assert.ok(advisories >= ids.length, `${advisories} advisories`);
  await eventually("all are read again", async () => (await unread(home)) === 0);
  const letters = (await deadLetters(home)).map(({ subject }) => subject).toSorted();
  assert.deepEqual(
    letters,
    ids.map((id) => `mesh.dead.task.painter.paint.${id}.0`),
  );
  assert.deepEqual(
    (await finals(home)).toSorted(),
    ids.map((id) => `mesh.result.boss.${id}.final.painter`),
  );
  for (const keeper of keepers) await keeper.close();
});
