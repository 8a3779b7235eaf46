import assert from "node:assert/strict";
import { test } from "node:test";
import {
  guestPermissions,
  type RolePolicy,
  rolePermissions,
  storePermissions,
} from "@myelin/subjects";

const role = (policy: Partial<RolePolicy> = {}): RolePolicy => ({
  calls: [],
  submits: [],
  publishes: [],
  hears: [],
  vouches: false,
  members: [],
  ...policy,
});

/** To read the mesh's configuration, as everybody may. */
const config = "mesh.js.DIRECT.GET.MESH_CONFIG.mesh.config.>";

/** To read every message of these streams. */
const reading = (...streams: readonly string[]): string[] =>
  streams.flatMap((stream) => [
    `mesh.js.DIRECT.GET.${stream}`,
    `mesh.js.DIRECT.GET.${stream}.>`,
    `mesh.js.STREAM.MSG.GET.${stream}`,
  ]);

/** What an observer may publish. */
const looking = [
  "$SRV.>",
  "$SYS.REQ.USER.INFO",
  "_INBOX.{{name()}}.>",
  "mesh.js.CONSUMER.INFO.*.*",
  "mesh.js.CONSUMER.LIST.*",
  "mesh.js.CONSUMER.NAMES.*",
  config,
  "mesh.js.DIRECT.GET.MESH_EVENTS.>",
  "mesh.js.INFO",
  "mesh.js.STREAM.INFO.*",
  "mesh.js.STREAM.LIST",
  "mesh.js.STREAM.MSG.GET.MESH_EVENTS",
  "mesh.js.STREAM.NAMES",
];

const once = (subjects: readonly string[]): string[] => [...new Set(subjects)].sort();

test("an operator sees and calls everything under its own name, answers nobody, and reads no recording", () => {
  assert.deepEqual(rolePermissions("operator", role()), {
    publish: once([
      ...looking,
      "$SRV.INFO.*",
      "mesh.call.*.*.*.{{name()}}",
      "mesh.control.*.*.{{name()}}",
      ...reading("MESH_TASKS", "MESH_LATER", "MESH_SCHEDULES", "MESH_RESULTS", "MESH_EVENTS"),
      ...reading("MESH_DEAD", "MESH_CONFIG", "MESH_ADVISORIES"),
      ...reading("MESH_BLOBS", "MESH_ARTIFACTS", "KV_mesh-conversations"),
      // Large payloads of its own calls, and what agents have made.
      "mesh.blob.{{name()}}.*.*.*",
      "mesh.js.DIRECT.GET.MESH_BLOBS.mesh.blob.*.{{name()}}.>",
      "mesh.js.DIRECT.GET.MESH_BLOBS.mesh.blob.*._events.>",
      "mesh.js.DIRECT.GET.MESH_ARTIFACTS.mesh.artifact.*.>",
      // To bring back what died, to be done with it, and to call off what waits for its time.
      "mesh.task.*.*.*.{{name()}}",
      "mesh.moved.*.*.{{name()}}",
      "mesh.dead.redriven.*.*.*.*",
      "mesh.dead.dropped.*.*.*.*",
      "mesh.later.*.*.{{name()}}",
    ]),
    subscribe: [
      "_INBOX.>",
      "_INBOX.{{name()}}.>",
      "mesh.>",
      "mesh.config.>",
      "mesh.event.>",
      "mesh.presence.*.*",
    ],
    unheard: ["mesh.record.>"],
  });
});

test("an auditor looks, reads what was recorded, and replays where its line lets it", () => {
  const subscribe = ["_INBOX.{{name()}}.>", "mesh.config.>", "mesh.event.>", "mesh.presence.*.*"];
  const publish = once([
    ...looking,
    ...reading("MESH_RECORDS", "MESH_TASKS", "MESH_RESULTS", "MESH_EVENTS", "MESH_DEAD"),
    ...reading("MESH_BLOBS"),
  ]);
  assert.deepEqual(rolePermissions("auditor", role()), { publish, subscribe });
  const replaying = rolePermissions("auditor", role({ submits: ["trial.sum"] })).publish;
  const moved = replaying.filter((subject) => subject.startsWith("mesh.moved."));
  assert.deepEqual(moved, ["mesh.moved.trial.*.{{name()}}"]);
});

test("an observer looks, hears events and presence, and no call's body", () => {
  assert.deepEqual(rolePermissions("observer", role()), {
    publish: [
      "$SRV.>",
      "$SYS.REQ.USER.INFO",
      "_INBOX.{{name()}}.>",
      "mesh.js.CONSUMER.INFO.*.*",
      "mesh.js.CONSUMER.LIST.*",
      "mesh.js.CONSUMER.NAMES.*",
      "mesh.js.DIRECT.GET.MESH_CONFIG.mesh.config.>",
      "mesh.js.DIRECT.GET.MESH_EVENTS.>",
      "mesh.js.INFO",
      "mesh.js.STREAM.INFO.*",
      "mesh.js.STREAM.LIST",
      "mesh.js.STREAM.MSG.GET.MESH_EVENTS",
      "mesh.js.STREAM.NAMES",
    ],
    subscribe: ["_INBOX.{{name()}}.>", "mesh.config.>", "mesh.event.>", "mesh.presence.*.*"],
  });
});

test("a keeper hears who is there, a gateway has what its line gives it", () => {
  const publish = [config];
  const heard = ["_INBOX.{{name()}}.>", "mesh.config.>"];
  assert.deepEqual(rolePermissions("keeper", role()), {
    publish: [...publish, "mesh.moved.*.*.{{name()}}", "mesh.task.*.*.*.{{name()}}"],
    subscribe: [...heard, "mesh.presence.*.*"],
  });
  const kept = [
    "$KV.mesh-conversations.{{name()}}.*",
    "mesh.artifact.{{name()}}.>",
    "mesh.js.DIRECT.GET.KV_mesh-conversations.$KV.mesh-conversations.{{name()}}.*",
    "mesh.js.DIRECT.GET.MESH_ARTIFACTS.mesh.artifact.{{name()}}.>",
  ];
  assert.deepEqual(rolePermissions("gateway", role()), {
    publish: once([...publish, ...kept]),
    subscribe: heard,
  });
  assert.deepEqual(rolePermissions("gateway", role({ calls: ["*"], hears: ["*"] })), {
    publish: once([
      "$SRV.INFO.*",
      "mesh.call.*.*.*.{{name()}}",
      "mesh.control.*.*.{{name()}}",
      "mesh.blob.{{name()}}.*.*.*",
      "mesh.js.DIRECT.GET.MESH_BLOBS.mesh.blob.*.{{name()}}.>",
      "mesh.js.DIRECT.GET.MESH_BLOBS.mesh.blob.*._events.>",
      "mesh.js.DIRECT.GET.MESH_ARTIFACTS.mesh.artifact.*.>",
      ...publish,
      ...kept,
    ]),
    subscribe: [...heard, "mesh.event.>", "mesh.presence.*.*"],
  });
});

test("a guest may do everything, under its own name", () => {
  const { publish, subscribe } = guestPermissions();
  for (const subject of publish) {
    const isOwn = subject.includes("{{name()}}");
    // Of others' tasks it may see how many there are; of what others show, events and artifacts.
    const counts = "mesh.js.CONSUMER.INFO.MESH_TASKS.* mesh.js.CONSUMER.INFO.MESH_LATER.keeper";
    const shown = [
      "mesh.js.DIRECT.GET.MESH_BLOBS.mesh.blob.*._events.>",
      "mesh.js.DIRECT.GET.MESH_ARTIFACTS.mesh.artifact.*.>",
    ];
    const open = ["$SRV.INFO.*", "_INBOX.>", config, ...counts.split(" "), ...shown];
    const isOpen = open.includes(subject);
    assert.ok(isOwn || isOpen, subject);
  }
  const open = ["$SRV.INFO", "$SRV.PING", "$SRV.STATS", "mesh.config.>", "mesh.event.>"];
  for (const subject of subscribe) {
    const isOwn = subject.includes("{{name()}}");
    assert.ok(isOwn || [...open, "mesh.presence.*.*"].includes(subject), subject);
  }
});

test("whoever writes in the store account does it for the caretaker alone", () => {
  assert.deepEqual(storePermissions(), {
    publish: [
      "$JS.ACK.>",
      "$JS.API.>",
      "$SYS.REQ.USER.INFO",
      "mesh.config.>",
      "mesh.dead.>",
      "mesh.later.>",
      "mesh.result.>",
      "mesh.schedule.>",
      "mesh.task.>",
    ],
    subscribe: ["$JS.EVENT.ADVISORY.>", "_INBOX.{{name()}}.>", "mesh.config.>"],
  });
});
