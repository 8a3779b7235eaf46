import assert from "node:assert/strict";
import { test } from "node:test";
import { HomeMesh } from "../../support/home-mesh.ts";
import { durableMesh, storeManager } from "../../support/store-manager.ts";

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

test("streams ls shows each stream and consumer, what is missing, and how full the others are", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  assert.match((await mesh.run("streams", "ls")).out, /desk +MESH_TASKS +missing +0/);
  await mesh.run("apply");
  await using store = await storeManager(mesh);
  await store.jsm.jetstream().publish("mesh.task.worker.do.high.boss", "{}");
  await store.jsm.consumers.delete("MESH_TASKS", "worker-normal");
  const { out } = await mesh.run("streams", "ls");
  assert.match(
    out,
    /desk +MESH_TASKS +kept +1 +0 +\d+ +0 % of 256 MiB +Tasks that wait for their agent/,
  );
  assert.match(out, /MESH_TASKS +worker-high +kept +1 +0/);
  assert.match(out, /MESH_TASKS +worker-normal +missing/);
  assert.match(out, /MESH_EVENTS +boss=diary +kept/);
  const views: { consumer?: string; messages: number }[] = JSON.parse(
    (await mesh.run("streams", "ls", "--json")).out,
  );
  assert.equal(views.find(({ consumer }) => consumer === "worker-high")?.messages, 1);
});

test("streams export prints a resource of NACK for each, and asks no server", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh.replaceAll("boss", "big_boss") });
  await mesh.server.kill();
  const { exit, out } = await mesh.run("streams", "export");
  assert.equal(exit, 0);
  assert.equal(out.split("---\n").at(-1), diaryResource);
  const listed = await mesh.run("streams", "export", "--json");
  const resources: readonly Resource[] = JSON.parse(listed.out);
  assert.match(
    out,
    /^# replicas: 3 is for a cluster .* nothing of it for desk\.\n# .*`replicas: 1`/,
  );
  assert.equal(resources.length, 18);
  assert.equal(out.match(/^---$/gm)?.length, 18);
  for (const { apiVersion, metadata, spec } of resources) {
    assert.equal(apiVersion, "jetstream.nats.io/v1beta2");
    assert.match(metadata.name, /^[a-z0-9]([a-z0-9.-]*[a-z0-9])$/);
    assert.equal(spec["account"], "desk-store");
  }
  const [tasks] = resources;
  assert.deepEqual(tasks?.metadata, { name: "desk.mesh-tasks" });
  const { name, retention, discard, replicas, duplicateWindow, maxAge } = tasks?.spec ?? {};
  assert.deepEqual(
    [name, retention, discard, replicas, duplicateWindow, maxAge],
    ["MESH_TASKS", "workqueue", "new", 3, "120s", "0s"],
  );
  const diary = resources.find(({ spec }) => spec["durableName"] === "big_boss=diary");
  assert.equal(diary?.spec["deliverPolicy"], "all");
  assert.deepEqual(diary?.spec["filterSubjects"], [
    "mesh.event.worker.work.done",
    "mesh.moved.big_boss.diary.*",
  ]);
});

const diaryResource = `apiVersion: jetstream.nats.io/v1beta2
kind: Consumer
metadata:
  name: desk-mesh-events-big-boss-diary.6c63d0a7
spec:
  account: desk-store
  streamName: MESH_EVENTS
  durableName: big_boss=diary
  description: Events that big_boss follows as diary
  filterSubjects:
    - mesh.event.worker.work.done
    - mesh.moved.big_boss.diary.*
  deliverPolicy: all
  ackPolicy: explicit
  ackWait: 30s
  maxDeliver: 20
  maxAckPending: 20000
  preventDelete: true
  metadata:
    io.nats.monitor.enabled: "true"
    io.nats.monitor.unprocessed-critical: "100000"
    mesh.workspace: desk
`;
