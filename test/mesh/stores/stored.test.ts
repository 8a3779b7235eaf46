import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { enterStore, type StoreDoor, storedMessages } from "@myelin/mesh/operate";
import { Store, storeApi } from "@myelin/subjects";
import { headers } from "@nats-io/transport-node";
import { patient } from "../../support/dial.ts";
import { HomeMesh } from "../../support/home-mesh.ts";
import { joinPlain, joinStore } from "../../support/stores.ts";

const mesh = `version: 1
workspaces:
  desk:
    agents:
      worker: { skills: [do] }
    roles:
      keeper: { members: [keeper] }
      operator: { members: [ops] }
`;

/** A mesh in whose stream of tasks lie three, of which the second was taken out. */
async function withTasks(): Promise<HomeMesh> {
  const home = await HomeMesh.start({ mesh });
  assert.equal((await home.run("apply")).exit, 0);
  const keeper = await joinStore(home);
  const head = headers();
  head.set("Mesh-Id", "t-1");
  for (const [at, subject] of ["worker.do", "other.do", "worker.undo"].entries()) {
    const [agent, skill] = subject.split(".");
    await keeper.request(`mesh.task.${agent}.${skill}.normal.boss`, `body ${at}`, {
      headers: head,
      timeout: 5_000,
    });
  }
  await keeper.request("$JS.API.STREAM.MSG.DELETE.MESH_TASKS", JSON.stringify({ seq: 2 }), patient);
  await keeper.close();
  return home;
}

async function read(stored: ReturnType<typeof storedMessages>) {
  const found: string[] = [];
  for await (const { subject, sequence, head, payload, storedAt } of stored) {
    assert.ok(storedAt.getTime() > Date.now() - 60_000);
    assert.match(head, /^NATS\/1\.0\r\nMesh-Id: /);
    found.push(`${sequence} ${subject} ${Buffer.from(payload)}`);
  }
  return found;
}

const first = "1 mesh.task.worker.do.normal.boss body 0";
const third = "3 mesh.task.worker.undo.normal.boss body 2";

test("a stream is read from one end to the other, and nothing is taken from it", async () => {
  await using home = await withTasks();
  await using store = await enterStore(home.home, "desk", home.reach);
  const all = () => read(storedMessages(store, Store.tasks));
  assert.deepEqual(await all(), [first, third]);
  assert.deepEqual(await all(), [first, third]);
  const from = { from: 2 };
  assert.deepEqual(await read(storedMessages(store, Store.tasks, from)), [third]);
  const subject = "mesh.task.*.do.*.*";
  assert.deepEqual(await read(storedMessages(store, Store.tasks, { subject })), [first]);
  assert.deepEqual(await read(storedMessages(store, Store.results)), []);
});

test("an operator reads the same by the workspace's own door", async () => {
  await using home = await withTasks();
  const nc = await joinPlain(home, "ops");
  const door: StoreDoor = {
    ask: async (subject, payload = "") => (await nc.request(subject, payload, patient)).string(),
  };
  assert.deepEqual(await read(storedMessages(door, Store.tasks, { api: storeApi })), [
    first,
    third,
  ]);
  await nc.close();
});

test("a stream that is not there, and an answer that is none, are told", async () => {
  await using home = await HomeMesh.start({ mesh });
  await using store = await enterStore(home.home, "desk", home.reach);
  await assert.rejects(read(storedMessages(store, Store.dead)), (error) => {
    assert.ok(isMeshError(error, MeshCode.Unavailable));
    assert.match(error.message, /MESH_DEAD cannot be looked at: .*; `myelin apply` makes it/);
    return true;
  });
  const door: StoreDoor = { ask: async () => "<html>" };
  await assert.rejects(read(storedMessages(door, Store.dead)), /no answer of a streams' API/);
});

test("a reader ends where the stream ended when it began, and where it is told to", async () => {
  await using home = await withTasks();
  await using store = await enterStore(home.home, "desk", home.reach);
  const nc = await joinStore(home);
  let stored = 0;
  for await (const { subject } of storedMessages(store, Store.tasks)) {
    assert.ok(++stored < 10, "it reads what comes of its own reading");
    await nc.request(subject, "one more", { timeout: 5_000 });
  }
  assert.equal(stored, 2);
  // The last one goes, as what is done goes from a queue.
  await nc.request("$JS.API.STREAM.MSG.DELETE.MESH_TASKS", JSON.stringify({ seq: 5 }), patient);
  await nc.close();
  const upTo = async (last: number, from = 1) => {
    const found: number[] = [];
    for await (const one of storedMessages(store, Store.tasks, { from, upTo: last }))
      found.push(one.sequence);
    return found;
  };
  assert.deepEqual([await upTo(4), await upTo(2), await upTo(0)], [[1, 3, 4], [1], []]);
  assert.deepEqual([await upTo(3, 3), await upTo(2, 2)], [[3], []]);
  const all: number[] = [];
  for await (const { sequence } of storedMessages(store, Store.tasks)) all.push(sequence);
  assert.deepEqual(all, [1, 3, 4]);
});

test("a reader that is given up stops before the next message", async () => {
  const aborts = new AbortController();
  let asked = 0;
  const message = { subject: "mesh.task.a.b.normal.c", seq: 1, time: new Date().toISOString() };
  const door: StoreDoor = {
    ask: async () => {
      asked++;
      aborts.abort(new Error("enough"));
      return JSON.stringify({ message });
    },
  };
  const { signal } = aborts;
  const reading = storedMessages(door, Store.tasks, { signal, upTo: 7 });
  assert.equal((await reading.next()).value?.sequence, 1);
  await assert.rejects(reading.next(), { code: MeshCode.Cancelled, message: /MESH_TASKS.*enough/ });
  assert.equal(asked, 1);
});
