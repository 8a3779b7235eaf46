import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { connect } from "@nats-io/transport-node";
import { Bench, workshop } from "../support/workshop.ts";

const ids = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`);

test("a drain answers everything that had come: running, waiting, streaming, of plain clients too", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  const agent = await mesh.serve(workshop, bench.handlers, { concurrency: 4, queue: 60 });
  const client = (await mesh.connect()).client(workshop);
  const nc = await connect(await mesh.options("ops"));
  const frames = client.watch({ id: "stream" })[Symbol.asyncIterator]();
  assert.equal((await frames.next()).value, 1);
  const typed = ids("typed", 20).map((id) => client.build({ id }));
  const untyped = ids("plain", 20).map((id) =>
    nc.request("mesh.call.workshop.build.any.ops", JSON.stringify({ id }), { timeout: 10_000 }),
  );
  await nc.flush();
  // What had not come would be refused: it comes over two connections, of which either may be the later one.
  await eventually("everything has come", () => {
    const { served } = agent.metrics.snapshot();
    return served.reduce((sum, { inFlight }) => sum + inFlight, 0) === 41;
  });
  assert.equal(bench.begun.length, 4);
  const drained = agent.drain();
  bench.release();
  assert.deepEqual(new Set((await Promise.all(typed)).map(({ by }) => by)), new Set(["one"]));
  for (const answer of await Promise.all(untyped)) assert.deepEqual(answer.json(), { by: "one" });
  assert.equal((await frames.next()).value, 2);
  assert.equal((await frames.next()).done, true);
  await drained;
  await nc.close();
});

test("rolling through the instances under load, no call fails and none is executed twice", async () => {
  await using mesh = await startMesh();
  const benches = ["one", "two", "three"].map((name) => new Bench(name));
  for (const bench of benches) bench.release();
  const agents = [];
  for (const bench of benches) agents.push(await mesh.serve(workshop, bench.handlers));
  const client = (await mesh.connect()).client(workshop);
  let isRolling = true;
  let made = 0;
  const caller = async () => {
    while (isRolling) await client.build({ id: `${made++}` });
  };
  const callers = Array.from({ length: 16 }, caller);
  await eventually("calls flow", () => made > 300);
  for (const agent of agents) {
    const next = new Bench("next");
    next.release();
    benches.push(next);
    await mesh.serve(workshop, next.handlers);
    await agent.drain();
    const before = made;
    await eventually("calls flow on", () => made > before + 300);
  }
  isRolling = false;
  await Promise.all(callers);
  const begun = benches.flatMap((bench) => bench.begun);
  assert.equal(begun.length, made);
  assert.equal(new Set(begun).size, made);
});

test("a drain that takes too long ends what is left, and the caller knows that it may have run", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  const agent = await mesh.serve(workshop, bench.handlers);
  const client = (await mesh.connect()).client(workshop);
  const stuck = assert.rejects(client.build({ id: "1" }), (error) =>
    isMeshError(error, MeshCode.UnknownOutcome),
  );
  await eventually("it runs", () => bench.begun.length === 1);
  await agent.drain({ timeoutMs: 50 });
  await stuck;
});
