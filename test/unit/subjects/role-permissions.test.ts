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

test("an operator sees and calls everything under its own name, and answers nobody", () => {
  assert.deepEqual(rolePermissions("operator", role()), {
    publish: [
      "$SRV.>",
      "$SRV.INFO.*",
      "$SYS.REQ.USER.INFO",
      "_INBOX.{{name()}}.>",
      "mesh.call.*.*.*.{{name()}}",
      "mesh.control.*.*.{{name()}}",
      "mesh.js.CONSUMER.INFO.*.*",
      "mesh.js.CONSUMER.LIST.*",
      "mesh.js.CONSUMER.NAMES.*",
      "mesh.js.DIRECT.GET.*.>",
      "mesh.js.DIRECT.GET.MESH_CONFIG.mesh.config.>",
      "mesh.js.DIRECT.GET.MESH_EVENTS.>",
      "mesh.js.INFO",
      "mesh.js.STREAM.INFO.*",
      "mesh.js.STREAM.LIST",
      "mesh.js.STREAM.MSG.GET.*",
      "mesh.js.STREAM.MSG.GET.MESH_EVENTS",
      "mesh.js.STREAM.NAMES",
    ],
    subscribe: [
      "_INBOX.>",
      "_INBOX.{{name()}}.>",
      "mesh.>",
      "mesh.config.>",
      "mesh.event.>",
      "mesh.presence.*.*",
    ],
  });
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
    publish,
    subscribe: [...heard, "mesh.presence.*.*"],
  });
  assert.deepEqual(rolePermissions("gateway", role()), { publish, subscribe: heard });
  assert.deepEqual(rolePermissions("gateway", role({ calls: ["*"], hears: ["*"] })), {
    publish: [
      "$SRV.INFO.*",
      "mesh.call.*.*.*.{{name()}}",
      "mesh.control.*.*.{{name()}}",
      ...publish,
    ],
    subscribe: [...heard, "mesh.event.>", "mesh.presence.*.*"],
  });
});

test("a guest may do everything, under its own name", () => {
  const { publish, subscribe } = guestPermissions();
  for (const subject of publish) {
    const isOwn = subject.includes("{{name()}}");
    // Of others' tasks it may see how many there are.
    const counts = "mesh.js.CONSUMER.INFO.MESH_TASKS.*";
    const isOpen = ["$SRV.INFO.*", "_INBOX.>", config, counts].includes(subject);
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
      "mesh.task.>",
    ],
    subscribe: ["$JS.EVENT.ADVISORY.>", "_INBOX.{{name()}}.>", "mesh.config.>"],
  });
});
