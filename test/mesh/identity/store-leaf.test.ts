import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { eventually } from "../../../libs/testing/eventually.ts";
import { patient } from "../../support/dial.ts";
import { listen } from "../../support/hostile/mesh.ts";
import { startLeafMesh } from "../../support/leaf-node.ts";
import { makeStores, result, storeOf, submit, work } from "../../support/store-work.ts";

async function start() {
  const mesh = await startLeafMesh();
  const { hub, leaf } = mesh;
  const keeper = await hub.login("keeper");
  const jsm = await jetstreamManager(keeper);
  await makeStores(jsm, 1);
  const [bob, carol] = [
    await hub.login("bob", { url: leaf.url }),
    await hub.login("carol", { url: leaf.url }),
  ];
  // The leaf knows what the hub has only once their connection stands.
  await eventually("the leaf has joined", () =>
    // Under one id: what was stored, and not answered in time, is not stored again.
    storeOf(carol).publish("mesh.task.bob.wipe.normal.carol", "first", {
      msgID: "first",
      timeout: 300,
    }),
  );
  return { ...mesh, keeper, jsm, bob, carol };
}

test("what is stored at the hub is taken, acknowledged and read at a leaf", async () => {
  const mesh = await start();
  await using _stop = mesh;
  const { jsm, bob, carol } = mesh;
  for (let n = 1; n <= 20; n++) await submit(carol, String(n));
  assert.equal((await jsm.streams.info(Store.tasks)).state.last_seq, 21);
  const done: string[] = [];
  const stop = await work(bob, done);
  await eventually("all are done", () => done.length === 20);
  await stop();
  assert.equal(new Set(done).size, 20);
  await storeOf(bob).publish("mesh.result.carol.t1.final.bob", "42");
  assert.equal(await result(carol, "mesh.result.carol.t1.final.bob"), "42");
});

test("live events and configuration cross a leaf's connection once", async () => {
  const mesh = await start();
  await using _stop = mesh;
  const { hub, keeper, bob, carol } = mesh;
  const atHub = await hub.login("carol");
  const heard = await Promise.all([carol, atHub].map((nc) => listen(nc, "mesh.event.bob.done")));
  const rules = await listen(bob, "mesh.config.>");
  await eventually("the hub knows who listens at the leaf", async () => {
    await keeper.request("mesh.config.rules", "v1", { timeout: 1_000 });
    return rules.length > 0;
  });
  await keeper.request("mesh.config.rules", "v2", patient);
  await eventually("it is heard", () => rules.at(-1)?.string() === "v2");
  const receipt = await storeOf(bob).publish("mesh.event.bob.done", "done");
  assert.equal(receipt.seq, 1);
  await eventually("both hear it", () => heard.every((messages) => messages.length > 0));
  assert.deepEqual(
    heard.map((messages) => messages.length),
    [1, 1],
  );
  assert.equal(rules.filter((message) => message.string() === "v2").length, 1);
});
