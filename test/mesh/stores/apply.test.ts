import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { readMeshFile } from "@myelin/mesh/operate";
import { consumersOf, stores } from "@myelin/subjects";
import { patient } from "../../support/dial.ts";
import { HomeMesh } from "../../support/home-mesh.ts";
import { durableMesh, storeManager } from "../../support/store-manager.ts";
import { joinPlain } from "../../support/stores.ts";

/** What DESIGN 5 forbids where more than one may write. */
const forbidden = ["allow_msg_schedules", "allow_rollup_hdrs", "allow_msg_ttl"] as const;

/** What a stream may have all the same: agents write none of what schedules, and a life only shortens one's own. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  MESH_SCHEDULES: ["allow_msg_schedules", "allow_rollup_hdrs", "allow_msg_ttl"],
  MESH_BLOBS: ["allow_msg_ttl"],
  "KV_mesh-conversations": ["allow_msg_ttl"],
};

test("apply makes every stream with the flags of the design, as the server itself says", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  assert.equal((await mesh.run("apply")).exit, 0);
  await using store = await storeManager(mesh);
  for (const shape of stores) {
    const { config } = await store.jsm.streams.info(shape.name);
    const fields = config as unknown as Record<string, unknown>;
    const has = forbidden.filter((flag) => fields[flag]);
    assert.deepEqual(has, allowed[shape.name] ?? [], shape.name);
    assert.ok(!fields["subject_delete_marker_ttl"], shape.name);
    assert.equal(config.storage, "file");
    for (const field of ["retention", "discard", "max_bytes", "max_age", "allow_direct"] as const) {
      assert.equal(config[field], shape[field], `${shape.name}.${field}`);
    }
    assert.deepEqual(config.subjects, shape.subjects);
    assert.equal(config.description, shape.description);
    assert.equal(config.metadata?.["mesh.workspace"], "desk");
    assert.equal(config.metadata?.["io.nats.monitor.enabled"], "true");
  }
  const dead = (await store.jsm.streams.info("MESH_DEAD")).config;
  assert.deepEqual([dead.max_msgs_per_subject, dead.discard_new_per_subject], [1, true]);
});

test("apply makes the consumers that mesh.yaml asks for, with their start, and a second time nothing", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  const { out } = await mesh.run("apply");
  assert.match(out, /made in desk: stream MESH_TASKS, .*consumer boss=diary of MESH_EVENTS/);
  await using store = await storeManager(mesh);
  const policy = readMeshFile(durableMesh, "mesh.yaml").workspaces["desk"];
  assert.ok(policy);
  const wanted = consumersOf(policy);
  assert.deepEqual(
    wanted.map(({ durable_name }) => durable_name),
    ["worker-high", "worker-normal", "keeper", "keeper", "keeper", "boss=diary"],
  );
  for (const { stream, durable_name, filter_subjects, deliver_policy } of wanted) {
    const { config } = await store.jsm.consumers.info(stream, durable_name);
    assert.deepEqual(config.filter_subjects, filter_subjects);
    assert.equal(config.deliver_policy, deliver_policy);
    assert.equal(config.ack_policy, "explicit");
  }
  assert.equal((await mesh.run("apply")).out, "nothing to do\n");
  assert.equal((await mesh.run("apply", "--dry-run")).out, "nothing to do\n");
});

test("a size and an event that are added change what is there, and no consumer loses its place", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  await mesh.run("apply");
  await using store = await storeManager(mesh);
  await event(mesh, "work.done");
  const next = await store.jsm.jetstream().consumers.get("MESH_EVENTS", "boss=diary");
  await (await next.next({ expires: 20_000 }))?.ackAck();
  const after = durableMesh
    .replace("events: [worker.work.done]", "events: [worker.*]")
    .replace("    roles:", "    streams: { tasks: { maxBytes: 2097152 } }\n    roles:");
  writeFileSync(mesh.home.layout.meshFile, after);
  const dry = await mesh.run("apply", "--dry-run");
  assert.match(dry.out, /would change in desk: stream MESH_TASKS \(max_bytes\)\n/);
  assert.match(
    dry.out,
    /would change in desk: consumer boss=diary of MESH_EVENTS \(filter_subjects\)/,
  );
  const { exit, out, err } = await mesh.run("apply");
  assert.equal(exit, 0, err);
  assert.match(out, /changed in desk: stream MESH_TASKS, consumer boss=diary of MESH_EVENTS\n/);
  const { config, ack_floor } = await store.jsm.consumers.info("MESH_EVENTS", "boss=diary");
  assert.deepEqual(config.filter_subjects, ["mesh.event.worker.>", "mesh.moved.boss.diary.*"]);
  assert.equal(ack_floor.stream_seq, 1);
  assert.equal((await store.jsm.streams.info("MESH_TASKS")).config.max_bytes, 2_097_152);
  assert.equal((await mesh.run("apply")).out, "nothing to do\n");
});

test("a consumer that nothing asks for any more stays, and apply says so", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  await mesh.run("apply");
  writeFileSync(mesh.home.layout.meshFile, durableMesh.replace(/ {8}follows: .*\n/, ""));
  const { exit, err } = await mesh.run("apply");
  assert.equal(exit, 0);
  assert.match(err, /desk: consumer boss=diary of MESH_EVENTS is in mesh\.yaml no more; it stays/);
  await using store = await storeManager(mesh);
  assert.ok(await store.jsm.consumers.info("MESH_EVENTS", "boss=diary"));
});

test("what others keep in the store account is left alone, and so is what they write beside our marks", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  await mesh.run("apply");
  await using store = await storeManager(mesh);
  await store.jsm.streams.add({ name: "THEIRS", subjects: ["theirs.>"] });
  await store.jsm.consumers.add("MESH_EVENTS", { durable_name: "audit", ack_policy: "explicit" });
  const { config } = await store.jsm.streams.info("MESH_EVENTS");
  await store.jsm.streams.update("MESH_EVENTS", {
    ...config,
    max_bytes: 1_048_576,
    metadata: { ...config.metadata, team: "red" },
  });
  const { out, err } = await mesh.run("apply");
  assert.deepEqual([out, err], ["changed in desk: stream MESH_EVENTS\n", ""]);
  const after = (await store.jsm.streams.info("MESH_EVENTS")).config;
  assert.equal(after.metadata?.["team"], "red");
  assert.ok(await store.jsm.streams.info("THEIRS"));
  assert.ok(await store.jsm.consumers.info("MESH_EVENTS", "audit"));
});

/** Stores an event as its publisher would. */
async function event(mesh: HomeMesh, name: string): Promise<void> {
  const nc = await joinPlain(mesh, "worker");
  const answer = await nc.request(`mesh.event.worker.${name}`, "{}", patient);
  assert.equal(answer.json<{ seq: number }>().seq, 1);
  await nc.close();
}
