import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode, type MeshError } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { Bench, workshop } from "../support/workshop.ts";

test("a call that a full instance refuses goes to one that has room", async () => {
  await using mesh = await startMesh();
  const full = new Bench("full");
  const free = new Bench("free");
  free.release();
  await mesh.serve(workshop, full.handlers, { concurrency: 1, queue: 0 });
  const filler = (await mesh.connect("filler")).client(workshop);
  const held = filler.build({ id: "held" });
  await eventually("it is full", () => full.begun.length === 1);
  await mesh.serve(workshop, free.handlers);
  const client = (await mesh.connect()).client(workshop);
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) => client.build({ id: `${at}` })),
  );
  assert.deepEqual(new Set(answers.map(({ by }) => by)), new Set(["free"]));
  full.release();
  await held;
});

test("when an instance is closed under a call, only an idempotent one is done again", async () => {
  await using mesh = await startMesh();
  const dying = new Bench("dying");
  const agent = await mesh.serve(workshop, dying.handlers);
  const client = (await mesh.connect()).client(workshop);
  const once = assert.rejects(client.build({ id: "once" }), (error) =>
    isMeshError(error, MeshCode.UnknownOutcome),
  );
  const again = client.mend({ id: "again" });
  await eventually("both run", () => dying.begun.length === 2);
  const other = new Bench("other");
  other.release();
  await mesh.serve(workshop, other.handlers);
  await agent.close();
  await once;
  assert.deepEqual(await again, { by: "other" });
  assert.deepEqual(other.begun, ["again"]);
});

test("retries are counted, and the budget ends them", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  await mesh.serve(workshop, bench.handlers, { concurrency: 1, queue: 0 });
  const caller = await mesh.connect("ops", {
    retry: { attempts: 2, firstDelayMs: 0, budgetShare: 0, budgetPerSecond: 1 },
  });
  const client = caller.client(workshop);
  const held = client.build({ id: "held" });
  await eventually("it is full", () => bench.begun.length === 1);
  const refused = Array.from({ length: 15 }, (_, at) =>
    assert.rejects(client.build({ id: `${at}` }), (error) =>
      isMeshError(error, MeshCode.Overloaded),
    ),
  );
  await Promise.all(refused);
  bench.release();
  await held;
  const figures = caller.metrics.snapshot();
  assert.match(JSON.stringify(figures), /"retries":10\b/);
});

test("a skill that always fails trips its breaker, the agent's other skills go on", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  bench.release();
  await mesh.serve(workshop, bench.handlers);
  // Longer than a machine may stand still: until then none may try.
  const caller = await mesh.connect("ops", { breaker: { openMs: 4_000 } });
  const client = caller.client(workshop);
  const codes: string[] = [];
  for (let at = 0; at < 14; at++) {
    await client.fail({ id: "bad" }).catch((error: MeshError) => codes.push(error.code));
  }
  assert.equal(bench.begun.length, 10);
  assert.deepEqual(codes.slice(9, 11), [MeshCode.HandlerFailed, MeshCode.CircuitOpen]);
  assert.deepEqual(await client.build({ id: "1" }), { by: "one" });
  await eventually("one call may try", () =>
    client.fail({ id: "bad" }).catch((error: MeshError) => error.code === MeshCode.HandlerFailed),
  );
});

test("no more calls are under way to an agent than the limit allows", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  await mesh.serve(workshop, bench.handlers);
  const caller = await mesh.connect("ops", { limit: { inFlight: 3, queue: 5 } });
  const client = caller.client(workshop);
  const kept = Array.from({ length: 8 }, (_, at) => client.build({ id: `${at}` }));
  await eventually("three run", () => bench.begun.length === 3);
  await assert.rejects(client.build({ id: "9" }), /3 calls to workshop are under way and 5 wait/);
  assert.equal(bench.most, 3);
  bench.release();
  await Promise.all(kept);
});
