import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "@myelin/mesh";
import { applyPlan, planApply, readMeshFile } from "@myelin/mesh/operate";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { startCluster } from "../../../libs/testing/cluster.ts";
import { copier, copierHandlers, copierMesh, digestOf, textOf } from "../../support/copier.ts";

const tasks = { attempts: 5, firstDelayMs: 50, maxDelayMs: 200 };
const patience = { timeoutMs: 100_000 };

test("a large task that was accepted survives a broker that is killed, and is done afterwards", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.takesTasks("copier");
  const boss = await mesh.connect("boss");
  const text = textOf(5_000_000);
  const task = await boss.client(copier).copy.submit({ text });
  await mesh.server.kill();
  await mesh.server.restart();
  await eventually("boss is back", () => boss.isUp, { timeoutMs: 10_000 });
  await mesh.serve(copier, copierHandlers, { tasks });
  assert.equal(digestOf((await task.result(patience)).text), digestOf(text));
});

test("a large task whose broker is killed while it is stored is stored once it is back, or refused", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.takesTasks("copier");
  const boss = await mesh.connect("boss");
  const text = textOf(30_000_000);
  const submitting = boss.client(copier).copy.submit({ text }, { id: "t1" });
  const settled = submitting.then(
    () => "stored",
    (error: { readonly code?: string }) => error.code,
  );
  await mesh.server.kill();
  await mesh.server.restart();
  const outcome = await settled;
  assert.ok(["stored", "unavailable", "unknown_outcome"].includes(outcome ?? ""), outcome);
  await eventually("boss is back", () => boss.isUp, { timeoutMs: 10_000 });
  await mesh.serve(copier, copierHandlers, { tasks });
  const again = await boss.client(copier).copy.submit({ text }, { id: "t1" });
  assert.equal(digestOf((await again.result(patience)).text), digestOf(text));
});

test("in a cluster of three every part is found, whichever replica is asked", async () => {
  await using cluster = await startCluster({ policy: copierMesh });
  const { home, urls: servers } = cluster;
  const plan = await planApply(home, readMeshFile(copierMesh, "m"), copierMesh);
  const [desk] = (await applyPlan(home, plan, { reach: { servers } })).stores;
  assert.equal(desk?.failure, undefined);
  const access = cluster.accessTo("desk");
  const urls = [...access.servers];
  await using agent = await connect({ name: "copier", ...access, servers: urls.slice(0, 1) });
  await agent.serve(copier, copierHandlers);
  await using boss = await connect({ name: "boss", ...access, servers: urls.slice(1, 2) });
  for (let round = 0; round < 3; round++) {
    const text = textOf(4_000_000, round);
    const { text: copied } = await boss.client(copier).copy({ text });
    assert.equal(digestOf(copied), digestOf(text));
  }
});
