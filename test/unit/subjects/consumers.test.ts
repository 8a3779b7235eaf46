import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AgentPolicy,
  consumersOf,
  followConsumer,
  parseFollowConsumer,
  parseTaskConsumer,
  taskConsumer,
  type WorkspacePolicy,
} from "@myelin/subjects";

const quiet = { calls: [], submits: [], publishes: [], hears: [], vouches: false, follows: {} };

function agent(given: Partial<AgentPolicy>): AgentPolicy {
  return { ...quiet, skills: [], ...given };
}

function workspace(agents: WorkspacePolicy["agents"], guests = false): WorkspacePolicy {
  return { guests, agents, roles: {}, shares: [] };
}

const names = (policy: WorkspacePolicy, workers?: readonly string[]): string[] =>
  consumersOf(policy, workers)
    .map(({ stream, durable_name }) => `${stream} ${durable_name}`)
    .filter((name) => !name.endsWith(" keeper"));

test("whoever may be given tasks has a consumer for each priority, nobody else has one", () => {
  const policy = workspace({
    far: agent({ skills: ["read"] }),
    boss: agent({ skills: ["lead"], submits: ["near.do"] }),
    near: agent({ skills: ["do"] }),
  });
  assert.deepEqual(names(policy), ["MESH_TASKS near-high", "MESH_TASKS near-normal"]);
  assert.deepEqual(names(policy, ["joe", "near"]).slice(2), [
    "MESH_TASKS joe-high",
    "MESH_TASKS joe-normal",
  ]);
  assert.equal(names(workspace({ far: agent({ skills: ["read"] }) }, true)).length, 2);
  const [high] = consumersOf(policy);
  assert.deepEqual(high?.filter_subjects, ["mesh.task.near.*.high.*"]);
});

test("the server gives a message up after twenty deliveries, where no worker has before", () => {
  const follows = { all: { from: "now" as const, events: ["far.a"] } };
  const made = consumersOf(workspace({ me: agent({ follows }) }), ["joe"]);
  const most = (name: string) => made.find((one) => one.durable_name === name)?.max_deliver;
  // More than the attempts of a worker, or keeper would bury what is still tried; not many more, since a message that
  // kills whoever takes it ends here alone.
  assert.deepEqual(["joe-high", "joe-normal", "me=all"].map(most), [20, 20, 20]);
  assert.equal(most("keeper"), -1, "keeper never gives up");
});

test("a durable subscription has one consumer with its start, and no two filters that overlap", () => {
  const follows = {
    all: { from: "now" as const, events: ["*", "far.a", "far.b.*"] },
    crm: { from: "beginning" as const, events: ["far.b.*", "far.b.c", "far.a", "far.bc"] },
  };
  const consumers = consumersOf(workspace({ me: agent({ follows }) })).filter(
    ({ durable_name }) => durable_name !== "keeper",
  );
  assert.deepEqual(
    consumers.map((one) => [one.durable_name, one.deliver_policy, one.filter_subjects.join(" ")]),
    [
      ["me=all", "new", "mesh.event.> mesh.moved.me.all.*"],
      [
        "me=crm",
        "all",
        "mesh.event.far.a mesh.event.far.b.> mesh.event.far.bc mesh.moved.me.crm.*",
      ],
    ],
  );
});

test("keeper has its own consumers, whoever else there is, and is never given up on", () => {
  const own = consumersOf(workspace({})).map((one) => [one.stream, one.max_deliver]);
  for (const stream of ["MESH_LATER", "MESH_SCHEDULES"]) {
    assert.deepEqual(
      own.filter(([of]) => of === stream),
      [[stream, -1]],
    );
  }
});

test("no consumer delivers to a subject that somebody else may hear: all are pulled from", () => {
  const policy = workspace(
    { me: agent({ skills: ["do"], follows: { all: { from: "now", events: ["*"] } } }) },
    true,
  );
  for (const consumer of consumersOf(policy)) {
    assert.ok(!Object.hasOwn(consumer, "deliver_subject"));
    assert.equal(consumer.ack_policy, "explicit");
  }
});

test("the name of a consumer tells whose it is, and nothing where it is nobody's", () => {
  const { consumer: tasks } = taskConsumer("night-high", "normal");
  assert.deepEqual(parseTaskConsumer(tasks), { agent: "night-high", priority: "normal" });
  const { consumer: follows } = followConsumer("editor", "all-news");
  assert.deepEqual(parseFollowConsumer(follows), { agent: "editor", follow: "all-news" });
  for (const foreign of ["editor", "keeper", "-high", "A-high", "editor-low"]) {
    assert.equal(parseTaskConsumer(foreign), undefined, foreign);
  }
  for (const foreign of ["editor", "=all", "editor=", "editor=all=more", "editor=A"]) {
    assert.equal(parseFollowConsumer(foreign), undefined, foreign);
  }
});
