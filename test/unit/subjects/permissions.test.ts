import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AgentPolicy,
  agentPermissions,
  guestPermissions,
  type Permissions,
  type RolePolicy,
  roleNames,
  rolePermissions,
  type WorkspacePolicy,
} from "@myelin/subjects";

const nothing = { calls: [], submits: [], publishes: [], hears: [], vouches: false } as const;
const agent = (policy: Partial<AgentPolicy> = {}): AgentPolicy => ({
  ...nothing,
  skills: [],
  follows: {},
  ...policy,
});
const role = (policy: Partial<RolePolicy> = {}): RolePolicy => ({
  ...nothing,
  members: [],
  ...policy,
});
const workspace = (policy: Partial<WorkspacePolicy> = {}): WorkspacePolicy => ({
  guests: false,
  agents: {},
  roles: {},
  shares: [],
  ...policy,
});

/** What everybody has: to hear the answers, and the mesh's configuration. */
const present = {
  publish: ["mesh.js.DIRECT.GET.MESH_CONFIG.mesh.config.>"],
  subscribe: ["_INBOX.me.>", "mesh.config.>"],
};

/** What everybody has who exchanges payloads that may be large. */
const exchanging = ["mesh.blob.me.*.*.*", "mesh.js.DIRECT.GET.MESH_BLOBS.mesh.blob.*.me.>"];
/** What every agent has that asks or serves: its own artifacts and conversations. */
const keeping = [
  "$KV.mesh-conversations.me.*",
  "mesh.artifact.me.>",
  "mesh.js.DIRECT.GET.KV_mesh-conversations.$KV.mesh-conversations.me.*",
  "mesh.js.DIRECT.GET.MESH_ARTIFACTS.mesh.artifact.me.>",
];
const artifacts = (owner: string) => `mesh.js.DIRECT.GET.MESH_ARTIFACTS.mesh.artifact.${owner}.>`;

test("an agent with nothing to its name may only hear its inbox and configuration", () => {
  assert.deepEqual(agentPermissions("me", agent(), workspace()), present);
});

test("an agent that serves is heard and seen under its own name, and answers into inboxes only", () => {
  assert.deepEqual(agentPermissions("me", agent({ skills: ["one", "two"] }), workspace()), {
    publish: [
      ..."_INBOX.> mesh.presence.me.* mesh.record.me.*".split(" "),
      ...present.publish,
      ...exchanging,
      ...keeping,
    ].sort(),
    subscribe: [
      "$SRV.*.me",
      "$SRV.*.me.*",
      "$SRV.INFO",
      "$SRV.PING",
      "$SRV.STATS",
      "_INBOX.me.>",
      "mesh.call.me.*.*.*",
      "mesh.config.>",
      "mesh.control.me.*.*",
      "mesh.presence.me.*",
      "mesh.xcall.*.me.*.*.*",
      "mesh.xcontrol.*.me.*.*",
    ],
  });
});

test("each line of calls gives that skill, under the caller's name and by any route", () => {
  const calls = ["far.read", "near.*", "sales/pricer.quote"];
  assert.deepEqual(agentPermissions("me", agent({ calls }), workspace()), {
    publish: [
      "$SRV.INFO.far",
      "$SRV.INFO.near",
      "mesh.call.far.read.*.me",
      "mesh.call.near.*.*.me",
      "mesh.control.far.*.me",
      "mesh.control.near.*.me",
      ...present.publish,
      "mesh.outcall.sales.pricer.quote.*.me",
      "mesh.outcontrol.sales.pricer.*.me",
      ...["far", "near"].map(artifacts),
      ...exchanging,
      ...keeping,
    ].sort(),
    subscribe: ["_INBOX.me.>", "mesh.config.>", "mesh.presence.far.*", "mesh.presence.near.*"],
  });
});

test("who submits may store tasks, and hear and read its own results", () => {
  assert.deepEqual(agentPermissions("me", agent({ submits: ["far.read"] }), workspace()), {
    publish: [
      "$SRV.INFO.far",
      "mesh.js.CONSUMER.INFO.MESH_LATER.keeper",
      "mesh.js.CONSUMER.INFO.MESH_TASKS.far-high",
      "mesh.js.CONSUMER.INFO.MESH_TASKS.far-normal",
      ...present.publish,
      "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.me.>",
      "mesh.later.far.read.me",
      "mesh.task.far.read.*.me",
      artifacts("far"),
      ...exchanging,
      ...keeping,
    ].sort(),
    subscribe: ["_INBOX.me.>", "mesh.config.>", "mesh.result.me.>"],
  });
});

test("who may be given tasks takes its own only, and says how they end under its own name", () => {
  const me = agent({ skills: ["one"] });
  const idle = agentPermissions("me", me, workspace());
  const working = agentPermissions("me", me, {
    ...workspace(),
    agents: { me, other: agent({ submits: ["me.one"] }) },
  });
  assert.deepEqual(added(idle, working), {
    publish: [
      "$JS.ACK.MESH_TASKS.me-high.>",
      "$JS.ACK.MESH_TASKS.me-normal.>",
      "$JS.ACK._.*.MESH_TASKS.me-high.>",
      "$JS.ACK._.*.MESH_TASKS.me-normal.>",
      "mesh.dead.task.me.*.*.*",
      "mesh.js.CONSUMER.INFO.MESH_TASKS.me-high",
      "mesh.js.CONSUMER.INFO.MESH_TASKS.me-normal",
      "mesh.js.CONSUMER.MSG.NEXT.MESH_TASKS.me-high",
      "mesh.js.CONSUMER.MSG.NEXT.MESH_TASKS.me-normal",
      "mesh.js.DIRECT.GET.MESH_DEAD.mesh.dead.task.me.*.*.*",
      "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.*.*.checkpoint.me",
      "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.*.*.final.me",
      "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.*.*.running.me",
      "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.me.*.key.me",
      "mesh.result.*.*.*.me",
    ],
    subscribe: [],
  });
  const elsewhere = { me, other: agent({ submits: ["other.one"] }) };
  assert.deepEqual(agentPermissions("me", me, workspace({ agents: elsewhere })), idle);
});

const blobs = (those: string): string => `mesh.js.DIRECT.GET.MESH_BLOBS.mesh.blob.${those}`;

test("events are published and heard by their names, and followed by a consumer of one's own", () => {
  const me = agent({
    publishes: ["digest.done"],
    hears: ["far.document.added", "near.*", "near.a.*"],
    follows: { crm: { from: "beginning", events: ["me.digest.done"] } },
  });
  assert.deepEqual(agentPermissions("me", me, workspace()), {
    publish: [
      "$JS.ACK.MESH_EVENTS.me=crm.>",
      "$JS.ACK._.*.MESH_EVENTS.me=crm.>",
      "mesh.dead.event.me.*.*.*",
      "mesh.event.me.digest.done",
      "mesh.js.CONSUMER.INFO.MESH_EVENTS.me=crm",
      "mesh.js.CONSUMER.MSG.NEXT.MESH_EVENTS.me=crm",
      "mesh.js.DIRECT.GET.MESH_DEAD.mesh.dead.event.me.*.*.*",
      "mesh.js.DIRECT.GET.MESH_EVENTS.mesh.event.me.>",
      "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.me.*.tried.me",
      "mesh.result.me.*.tried.me",
      "mesh.blob.me._events.digest.done.*.*",
      ...["far._events.document.added.*.*", "me._events.digest.done.*.*"].map(blobs),
      // What begins with `a`, and not `a` itself, has one token more at least.
      ...["near._events.>", "near._events.a.*.*.>"].map(blobs),
      ...present.publish,
    ].sort(),
    subscribe: [
      "_INBOX.me.>",
      "mesh.config.>",
      "mesh.event.far.document.added",
      "mesh.event.near.>",
      "mesh.event.near.a.>",
    ],
  });
});

test("an agent that shares a skill may answer other workspaces where the server says", () => {
  const me = agent({ skills: ["one"] });
  const alone = agentPermissions("me", me, workspace());
  const shares = [{ skill: "me.one", with: ["sales"] }];
  assert.deepEqual(added(alone, agentPermissions("me", me, workspace({ shares }))), {
    publish: ["_R_.>"],
    subscribe: [],
  });
});

test("nobody in a workspace may publish what all hear, change a stream, or speak as another", () => {
  const everything = {
    ...nothing,
    calls: ["*"],
    submits: ["*"],
    publishes: ["a"],
    hears: ["*"],
  } as const;
  const me = agent({ ...everything, skills: ["one"] });
  const all: readonly (readonly [name: string, Permissions])[] = [
    ["me", agentPermissions("me", me, workspace({ guests: true }))],
    ["{{name()}}", guestPermissions()],
    ...roleNames.map((name) => ["{{name()}}", rolePermissions(name, role(everything))] as const),
  ];
  const forbidden =
    /^>|^\*|^mesh\.>|^mesh\.config|^\$JS\.API|\.(CREATE|DELETE|PURGE|UPDATE)|^\$JS\.ACK\.(>|\*)|^_R_/;
  for (const [name, { publish }] of all) {
    for (const subject of publish) {
      assert.doesNotMatch(subject, forbidden);
      if (/^mesh\.(call|control|task|later|result)\./.test(subject)) {
        assert.ok(subject.endsWith(`.${name}`), subject);
      }
      if (/^mesh\.(presence|event)\./.test(subject))
        assert.ok(subject.includes(`.${name}.`), subject);
    }
  }
});

test("the same grants in another order are the same permissions", () => {
  const lines = ["far.read", "near.*", "far.write", "far.read"];
  assert.deepEqual(
    agentPermissions("me", agent({ calls: lines }), workspace()),
    agentPermissions("me", agent({ calls: lines.toReversed() }), workspace()),
  );
});

function added(before: Permissions, after: Permissions): Permissions {
  assert.deepEqual(
    before.publish.filter((subject) => !after.publish.includes(subject)),
    [],
  );
  return {
    publish: after.publish.filter((subject) => !before.publish.includes(subject)),
    subscribe: after.subscribe.filter((subject) => !before.subscribe.includes(subject)),
  };
}
