import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountShape,
  ackSubjects,
  agentPermissions,
  followConsumer,
  guestPermissions,
  roleNames,
  rolePermissions,
  storeApi,
  stores,
  taskConsumer,
} from "@myelin/subjects";

test("no stream but keeper's own lets one writer schedule, roll up or mark what another wrote", () => {
  assert.ok(stores.length > 0);
  for (const store of stores) {
    const isKeepers = store.name === "MESH_SCHEDULES";
    assert.equal(store.allow_msg_schedules, isKeepers, store.name);
    assert.equal(store.allow_rollup_hdrs, isKeepers, store.name);
    assert.equal(store.subject_delete_marker_ttl, 0, store.name);
  }
});

test("only blobs, conversations and what keeper has for later are kept for as long as their writer says", () => {
  const own = stores.filter(({ allow_msg_ttl }) => allow_msg_ttl).map(({ name }) => name);
  assert.deepEqual(own, ["MESH_SCHEDULES", "MESH_BLOBS", "KV_mesh-conversations"]);
});

test("every stream has a bound, and no two take the same subject", () => {
  for (const { name, max_bytes, max_msg_size } of stores) {
    assert.ok(max_bytes > 0 && max_msg_size > 0, name);
  }
  const subjects = stores.flatMap((store) => store.subjects);
  assert.deepEqual(subjects, [...new Set(subjects)]);
  assert.deepEqual(
    Object.fromEntries(stores.map(({ name, subjects }) => [name, subjects.join(" ")])),
    {
      MESH_TASKS: "mesh.task.*.*.*.*",
      MESH_LATER: "mesh.later.*.*.*",
      MESH_SCHEDULES: "mesh.schedule.*.*.*.* mesh.due.*.*.*.*",
      MESH_RESULTS: "mesh.result.*.*.*.*",
      MESH_EVENTS: "mesh.event.> mesh.moved.*.*.*",
      MESH_DEAD: "mesh.dead.*.*.*.*.*",
      MESH_RECORDS: "mesh.record.*.*",
      MESH_CONFIG: "mesh.config.>",
      MESH_ADVISORIES:
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.MESH_TASKS.* $JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.MESH_TASKS.* $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.MESH_EVENTS.*",
      MESH_BLOBS: "mesh.blob.>",
      MESH_ARTIFACTS: "mesh.artifact.>",
      "KV_mesh-conversations": "$KV.mesh-conversations.>",
    },
  );
});

test("tasks are never dropped to make room, and the first dead letter of a subject stays", () => {
  const [tasks, later, , , , dead] = stores;
  for (const store of [tasks, later]) {
    assert.equal(store?.discard, "new");
    assert.equal(store?.retention, "workqueue");
    assert.equal(store?.max_age, 0);
  }
  assert.equal(dead?.max_msgs_per_subject, 1);
  assert.equal(dead?.discard_new_per_subject, true);
});

test("of one result's state a few are kept, however often it is told", () => {
  const results = stores.find(({ name }) => name === "MESH_RESULTS");
  assert.equal(results?.max_msgs_per_subject, 8);
  assert.equal(results?.discard, "old");
});

test("no account sees the subjects of schedules, and no agent, guest or role may publish there", () => {
  const shape = accountShape({ version: 1, workspaces: {} }, "desk", () => "A");
  const shared = JSON.stringify([shape.store.exports, shape.workspace.imports]);
  assert.doesNotMatch(shared, /mesh\.(schedule|due)\b/);
  const asks = { calls: ["*"], submits: ["*"], publishes: [], hears: ["*"], vouches: false };
  const agent = { ...asks, skills: ["do"], follows: {} };
  const workspace = { guests: true, agents: { me: agent }, roles: {}, shares: [] };
  const rights = [
    agentPermissions("me", agent, workspace),
    guestPermissions(),
    ...roleNames.map((role) => rolePermissions(role, { ...asks, members: [] })),
  ].flatMap(({ publish }) => publish);
  assert.deepEqual(
    rights.filter((right) => /^(>|mesh\.(>|\*|schedule|due))/.test(right)),
    [],
  );
});

test("consumers of two agents never have one name", () => {
  assert.deepEqual(taskConsumer("far", "high"), { stream: "MESH_TASKS", consumer: "far-high" });
  assert.deepEqual(followConsumer("a", "b"), { stream: "MESH_EVENTS", consumer: "a=b" });
  assert.notEqual(followConsumer("a-b", "c").consumer, followConsumer("a", "b-c").consumer);
  assert.notEqual(taskConsumer("a-high", "normal").consumer, taskConsumer("a", "high").consumer);
});

test("an acknowledgement names stream and consumer in either form, never by a wildcard", () => {
  // `$JS.ACK.*.*.S.C.>` would also be the older form for any stream and consumer.
  assert.deepEqual(ackSubjects(taskConsumer("far", "high")), [
    "$JS.ACK.MESH_TASKS.far-high.>",
    "$JS.ACK._.*.MESH_TASKS.far-high.>",
  ]);
});

test("the streams' API is asked under a prefix of the mesh", () => {
  assert.equal(storeApi.next("S", "c"), "mesh.js.CONSUMER.MSG.NEXT.S.c");
  assert.equal(storeApi.last("S", "a.b"), "mesh.js.DIRECT.GET.S.a.b");
});
