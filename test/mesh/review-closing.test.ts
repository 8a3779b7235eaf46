import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { lab, labour, Notes } from "../support/lab.ts";
import { Bench, workshop } from "../support/workshop.ts";

const closed = (error: unknown) => isMeshError(error, MeshCode.Closed);

/** Retries that wait as long as they may, and tell when one is waited for. */
function slowRetries(firstDelayMs: number) {
  const drawn = { count: 0 };
  return {
    drawn,
    options: {
      retry: { attempts: 5, firstDelayMs, maxDelayMs: firstDelayMs },
      random: () => {
        drawn.count++;
        return 0.9;
      },
    },
  };
}

test("closing ends a call that waits for its next attempt", async () => {
  await using mesh = await startMesh();
  const { drawn, options } = slowRetries(20_000);
  const caller = await mesh.connect("ops", options);
  const call = assert.rejects(caller.client(workshop).build({ id: "1" }), closed);
  await eventually("it waits for its next attempt", () => drawn.count > 0);
  await caller.close();
  await call;
});

test("closing ends calls that wait for the limiter, and starts none of them", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  await mesh.serve(workshop, bench.handlers);
  const caller = await mesh.connect("ops", { limit: { inFlight: 2, queue: 10 } });
  const client = caller.client(workshop);
  const calls = Array.from({ length: 8 }, (_, at) =>
    assert.rejects(client.mend({ id: `${at}` }), closed),
  );
  await eventually("two run", () => bench.begun.length === 2);
  await caller.close();
  await Promise.all(calls);
  assert.equal(bench.begun.length, 2);
});

test("closing ends streams, read or only asked for, on both sides", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  await mesh.serve(lab, labour(notes));
  const caller = await mesh.connect("ops");
  const client = caller.client(lab);
  const frames = client.tick({ everyMs: 5 })[Symbol.asyncIterator]();
  assert.equal((await frames.next()).value, 0);
  const asked = assert.rejects(
    client.stall(1, { timeoutMs: 60_000 })[Symbol.asyncIterator]().next(),
    closed,
  );
  await eventually("both run", () => notes.calls === 1);
  const read = assert.rejects(async () => {
    while ((await frames.next()).done !== true);
  }, closed);
  await caller.close();
  await Promise.all([asked, read]);
  await eventually("the far side stops", () => notes.ticking === 0);
});

test("a drain waits for calls that will be attempted again", async () => {
  await using mesh = await startMesh();
  const { drawn, options } = slowRetries(1_000);
  const caller = await mesh.connect("ops", options);
  const call = caller.client(workshop).build({ id: "1" });
  await eventually("it waits for its next attempt", () => drawn.count > 0);
  const drained = caller.drain();
  const bench = new Bench("late");
  bench.release();
  await mesh.serve(workshop, bench.handlers);
  assert.deepEqual(await call, { by: "late" });
  await drained;
});

test("the limit of a drain is checked, and may be as long as a deadline", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  const agent = await mesh.serve(workshop, bench.handlers);
  const call = (await mesh.connect()).client(workshop).build({ id: "1" });
  await eventually("it runs", () => bench.begun.length === 1);
  for (const timeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 3e9]) {
    await assert.rejects(agent.drain({ timeoutMs }), /invalid_argument: drain.timeoutMs must be/);
  }
  const drained = agent.drain({ timeoutMs: 2_147_483_647 });
  bench.release();
  assert.deepEqual(await call, { by: "one" });
  await drained;
});

test("what is called from a connection that is closing is refused, and nothing is left hanging", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  bench.release();
  await mesh.serve(workshop, bench.handlers);
  const caller = await mesh.connect("ops");
  const client = caller.client(workshop);
  await client.build({ id: "first" });
  const closing = caller.close();
  const late: Promise<void>[] = [];
  let isOpen = true;
  void closing.then(() => {
    isOpen = false;
  });
  while (isOpen) {
    late.push(assert.rejects(client.mend({ id: `${late.length}` }), closed));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(late);
  assert.ok(late.length > 0);
});
