import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AgentPolicy,
  accountShape,
  isStoreAccount,
  type MeshPolicy,
  type Share,
  storeAccountName,
  workspaceOf,
} from "@myelin/subjects";

const agent: AgentPolicy = {
  ...{ skills: ["condense", "count"], calls: [], submits: [], publishes: [], hears: [] },
  ...{ vouches: false, follows: {} },
};
const workspace = (shares: readonly Share[]) => ({
  ...{ guests: false, roles: {}, shares },
  agents: { summarizer: agent },
});
const policy = (...shares: readonly Share[]): MeshPolicy => ({
  version: 1,
  workspaces: { desk: workspace(shares), sales: workspace([]), third: workspace([]) },
});
const keyOf = (account: string): string => `A-${account}`;
const shapes = (...shares: readonly Share[]) => accountShape(policy(...shares), "desk", keyOf);

test("a store account lets its workspace see exactly this, and nothing that changes a stream", () => {
  const { exports, imports } = shapes().store;
  assert.deepEqual(imports, []);
  assert.deepEqual(
    exports.map(({ subject, type, response_type }) => `${type} ${subject} ${response_type}`),
    [
      "service mesh.task.*.*.*.* Singleton",
      "service mesh.later.*.*.* Singleton",
      "service mesh.result.*.*.*.* Singleton",
      "service mesh.event.> Singleton",
      "service mesh.moved.*.*.* Singleton",
      "service mesh.dead.> Singleton",
      "service mesh.record.> Singleton",
      "service mesh.blob.> Singleton",
      "service mesh.artifact.> Singleton",
      "service $KV.mesh-conversations.*.* Singleton",
      "service $JS.API.CONSUMER.MSG.NEXT.> Stream",
      "service $JS.API.CONSUMER.INFO.*.* Singleton",
      "service $JS.API.CONSUMER.NAMES.* Singleton",
      "service $JS.API.CONSUMER.LIST.* Singleton",
      "service $JS.API.STREAM.INFO.* Singleton",
      "service $JS.API.STREAM.NAMES Singleton",
      "service $JS.API.STREAM.LIST Singleton",
      "service $JS.API.STREAM.MSG.GET.* Singleton",
      "service $JS.API.DIRECT.GET.> Stream",
      "service $JS.API.INFO Singleton",
      "service $JS.ACK.> Singleton",
      "stream mesh.config.> undefined",
    ],
  );
});

test("a workspace takes what its own store exports, the streams' API under another prefix", () => {
  const { imports, exports } = shapes().workspace;
  assert.deepEqual(exports, []);
  assert.deepEqual(new Set(imports.map(({ account }) => account)), new Set(["A-desk-store"]));
  assert.deepEqual(
    imports.map(({ subject }) => subject).sort(),
    shapes()
      .store.exports.map(({ subject }) => subject)
      .sort(),
  );
  for (const { subject, local_subject } of imports) {
    const here = local_subject ?? subject;
    assert.equal(here.startsWith("$JS.API."), false, here);
    assert.equal(here.replace(/^mesh\.js\./, "$JS.API."), subject);
  }
});

test("what agents store is taken with a wildcard: a reflected answer reaches a literal subject of the store", () => {
  const { imports } = shapes().workspace;
  const ingest = imports.filter(({ subject }) => /^(mesh\.(?!config)|\$KV)/.test(subject));
  assert.equal(ingest.length, 10);
  for (const { subject } of ingest) assert.match(subject, /[*>]$/);
});

test("a shared skill is exported once, with the place where the server writes the caller's account", () => {
  const shares = [
    { skill: "summarizer.count", with: ["third"] },
    { skill: "summarizer.condense", with: ["sales", "third"] },
  ];
  const { exports } = shapes(...shares).workspace;
  const shared = (subject: string) => ({
    ...{ name: subject, subject, type: "service", response_type: "Stream" },
    ...{ response_threshold: 3_600_000_000_000, account_token_position: 3 },
  });
  assert.deepEqual(exports, [
    shared("mesh.xcall.*.summarizer.condense.*.*"),
    shared("mesh.xcall.*.summarizer.count.*.*"),
    shared("mesh.xcontrol.*.summarizer.*.*"),
  ]);
});

test("only the workspace that a skill is shared with takes it, under its own account and the callee's name", () => {
  const shared = policy({ skill: "summarizer.condense", with: ["sales"] });
  const foreign = (name: string) =>
    accountShape(shared, name, keyOf).workspace.imports.filter(
      ({ account }) => account === "A-desk",
    );
  const taken = (subject: string, local: string) => ({
    ...{ name: local, subject, account: "A-desk", local_subject: local, type: "service" },
  });
  assert.deepEqual(foreign("sales"), [
    taken(
      "mesh.xcall.A-sales.summarizer.condense.*.*",
      "mesh.outcall.desk.summarizer.condense.*.*",
    ),
    taken("mesh.xcontrol.A-sales.summarizer.*.*", "mesh.outcontrol.desk.summarizer.*.*"),
  ]);
  assert.deepEqual(foreign("third"), []);
});

test("the order of lines in a policy does not change an account", () => {
  const one = { skill: "summarizer.condense", with: ["sales"] };
  const other = { skill: "summarizer.count", with: ["sales"] };
  for (const name of ["desk", "sales"]) {
    assert.deepEqual(
      accountShape(policy(one, other), name, keyOf),
      accountShape(policy(other, one), name, keyOf),
    );
  }
});

test("an account and its store's are one workspace", () => {
  const store = storeAccountName("desk");
  assert.deepEqual([workspaceOf("desk"), workspaceOf(store)], ["desk", "desk"]);
  assert.deepEqual(["desk", store, "store"].map(isStoreAccount), [false, true, false]);
});
