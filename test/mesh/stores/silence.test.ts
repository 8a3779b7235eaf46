import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { HomeMesh } from "../../support/home-mesh.ts";
import { durableMesh, storeManager } from "../../support/store-manager.ts";

const inNanoseconds = (ms: number): number => ms * 1_000_000;

/** The same mesh, with a worker that may be silent for so long. */
const silent = (silenceMs: number | string): string => {
  const silenced = durableMesh.replace("worker: { ", `worker: { silenceMs: ${silenceMs}, `);
  assert.notEqual(silenced, durableMesh);
  return silenced;
};

test("silenceMs of an agent is how long its workers may say nothing, and changes in place", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  assert.equal((await mesh.run("apply")).exit, 0);
  await using store = await storeManager(mesh);
  const waits = async () => {
    const infos = await Promise.all(
      ["worker-high", "worker-normal"].map((name) => store.jsm.consumers.info("MESH_TASKS", name)),
    );
    return infos.map(({ config }) => config.ack_wait);
  };
  assert.deepEqual(await waits(), [inNanoseconds(30_000), inNanoseconds(30_000)]);
  writeFileSync(mesh.home.layout.meshFile, silent(5_000));
  const dry = await mesh.run("diff");
  assert.match(dry.out, /\+ desk: agent worker has silenceMs 5000/);
  const { exit, out, err } = await mesh.run("apply");
  assert.equal(exit, 0, err);
  assert.match(out, /changed in desk: consumer worker-high of MESH_TASKS/);
  assert.deepEqual(await waits(), [inNanoseconds(5_000), inNanoseconds(5_000)]);
  assert.equal((await mesh.run("apply")).out, "nothing to do\n");
});

test("a consumer changes in place though the server was restarted before", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  assert.equal((await mesh.run("apply")).exit, 0);
  await mesh.server.restart();
  writeFileSync(mesh.home.layout.meshFile, silent(5_000));
  const { exit, out, err } = await mesh.run("apply");
  assert.equal(exit, 0, err);
  assert.match(out, /changed in desk: consumer worker-high of MESH_TASKS/);
  assert.equal((await mesh.run("apply")).out, "nothing to do\n");
});

test("a silence that no worker could keep is refused with what is allowed", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  for (const given of [4_999, 3_600_001, 5_000.5, "soon"]) {
    writeFileSync(mesh.home.layout.meshFile, silent(given));
    const { exit, err } = await mesh.run("apply");
    assert.equal(exit, 2, err);
    assert.match(err, /silenceMs/);
  }
});
