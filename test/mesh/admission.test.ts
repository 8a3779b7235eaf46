import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode, type MeshError } from "@myelin/mesh";
import { eventually, startMesh, type TestMesh } from "@myelin/mesh/testing";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { Bench, workshop } from "../support/workshop.ts";

const subject = "mesh.call.workshop.build.any.ops";

/** A client that knows nothing of the mesh but its subjects. */
async function plain(mesh: TestMesh): Promise<NatsConnection> {
  return connect(await mesh.options("ops"));
}

function ask(nc: NatsConnection, id: string, timeoutMs = 10_000) {
  const asked = headers();
  asked.set("Mesh-Timeout", String(timeoutMs));
  return nc.request(subject, JSON.stringify({ id }), { headers: asked, timeout: 10_000 });
}

test("a plain client that finds no room reads overloaded and when to come back", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  await mesh.serve(workshop, bench.handlers, { concurrency: 1, queue: 0 });
  const nc = await plain(mesh);
  const first = ask(nc, "1");
  await eventually("the first runs", () => bench.begun.length === 1);
  const { headers: head } = await ask(nc, "2");
  assert.equal(head?.get("Nats-Service-Error-Code"), "429");
  assert.equal(head?.get("Mesh-Error"), "overloaded");
  assert.match(head?.get("Mesh-Retry-After") ?? "", /^[1-9]\d*$/);
  assert.match(head?.get("Nats-Service-Error") ?? "", /1 run and 0 wait, try again in \d+ ms/);
  bench.release();
  assert.deepEqual((await first).json(), { by: "one" });
  assert.deepEqual(bench.begun, ["1"]);
  await nc.close();
});

test("a request whose deadline passes while it waits is answered so, and never executed", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  await mesh.serve(workshop, bench.handlers, { concurrency: 1 });
  const nc = await plain(mesh);
  const first = ask(nc, "1");
  await eventually("the first runs", () => bench.begun.length === 1);
  const { headers: head } = await ask(nc, "2", 60);
  assert.equal(head?.get("Nats-Service-Error-Code"), "504");
  bench.release();
  await first;
  assert.deepEqual((await ask(nc, "3")).json(), { by: "one" });
  assert.deepEqual(bench.begun, ["1", "3"]);
  await nc.close();
});

test("a call that is given up while it waits is never executed", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  const agent = await mesh.serve(workshop, bench.handlers, { concurrency: 1 });
  const client = (await mesh.connect()).client(workshop);
  const first = client.build({ id: "1" });
  await eventually("the first runs", () => bench.begun.length === 1);
  const giveUp = new AbortController();
  const second = client.build({ id: "2" }, { signal: giveUp.signal });
  giveUp.abort();
  await assert.rejects(second, (error) => isMeshError(error, MeshCode.Cancelled));
  await eventually("the agent has heard of it", async () =>
    /code="cancelled"/.test(await agent.metrics.registry.metrics()),
  );
  const third = client.build({ id: "3" });
  bench.release();
  await Promise.all([first, third]);
  assert.deepEqual(bench.begun, ["1", "3"]);
});

test("a greedy caller leaves room for a modest one", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  await mesh.serve(workshop, bench.handlers, { concurrency: 1, queue: 3 });
  const greedy = (await mesh.connect("greedy", { retry: { attempts: 1 } })).client(workshop);
  const modest = (await mesh.connect("modest")).client(workshop);
  const refusals: MeshError[] = [];
  const all = ["1", "2", "3", "4"].map((id) =>
    greedy.build({ id }).catch((error: MeshError) => refusals.push(error)),
  );
  await eventually("the first runs", () => bench.begun.length === 1);
  const served = modest.build({ id: "modest" });
  await eventually("somebody made room", () => refusals.length === 1);
  assert.equal(refusals[0]?.code, MeshCode.Overloaded);
  assert.match(refusals[0]?.message ?? "", /greedy has its share of the room/);
  bench.release();
  assert.deepEqual(await served, { by: "one" });
  await Promise.all(all);
  assert.equal(refusals.length, 1);
});

test("what is turned away is counted with its reason", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  const agent = await mesh.serve(workshop, bench.handlers, { concurrency: 1, queue: 0 });
  const nc = await plain(mesh);
  const first = ask(nc, "1");
  await eventually("the first runs", () => bench.begun.length === 1);
  await ask(nc, "2");
  bench.release();
  await first;
  const text = await agent.metrics.registry.metrics();
  assert.match(text, /shed.*reason="queue_full".* 1/);
  await nc.close();
});
