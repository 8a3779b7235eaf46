import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMeshError, type Mesh, MeshCode, type MeshError } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { connect as connectPlain } from "@nats-io/transport-node";
import { lab, labour, Notes } from "../support/lab.ts";
import { Bench, workshop } from "../support/workshop.ts";

const inFlight = ({ metrics }: Mesh): number => {
  const { called, served } = metrics.snapshot();
  return [...called, ...served].reduce((sum, { inFlight }) => sum + inFlight, 0);
};

test("of 1,000 calls over the limits each ends: served, or refused with when to come back", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  const agent = await mesh.serve(lab, labour(notes), { concurrency: 8, queue: 16 });
  const caller = await mesh.connect("ops", { retry: { attempts: 1 } });
  const client = caller.client(lab);
  const ends = await Promise.allSettled(
    Array.from({ length: 1_000 }, () => client.wait({ ms: 20 })),
  );
  const errors = ends.flatMap((end) =>
    end.status === "rejected" ? [end.reason as MeshError] : [],
  );
  for (const error of errors) {
    assert.ok(isMeshError(error, MeshCode.Overloaded), String(error));
    assert.ok((error.retryAfterMs ?? 0) > 0, error.message);
  }
  assert.equal(ends.length - errors.length, notes.calls);
  assert.ok(notes.calls >= 24, `${notes.calls} served`);
  assert.equal(agent.metrics.snapshot().shed["queue_full"], errors.length);
  assert.deepEqual([inFlight(agent), inFlight(caller)], [0, 0]);
});

test("a rolling restart loses no reply, neither of the mesh nor of plain clients", async () => {
  await using mesh = await startMesh();
  const benches: Bench[] = [];
  const begin = async () => {
    const bench = new Bench(`${benches.length}`);
    bench.release();
    benches.push(bench);
    return mesh.serve(workshop, bench.handlers);
  };
  let agents = [await begin(), await begin(), await begin()];
  const client = (await mesh.connect()).client(workshop);
  const plain = await connectPlain(await mesh.options("plain"));
  const errors: unknown[] = [];
  let made = 0;
  let answered = 0;
  let isRolling = true;
  const lane = async (ask: (id: string) => Promise<unknown>) => {
    while (isRolling) {
      try {
        await ask(`${made++}`);
        answered++;
      } catch (error) {
        errors.push(error);
      }
    }
  };
  const subject = "mesh.call.workshop.build.any.plain";
  const lanes = [
    ...Array.from({ length: 12 }, () => lane((id) => client.build({ id }))),
    ...Array.from({ length: 12 }, () =>
      lane(async (id) => {
        const reply = await plain.request(subject, JSON.stringify({ id }), { timeout: 10_000 });
        assert.equal(reply.headers?.get("Nats-Service-Error") ?? "", "");
      }),
    ),
  ];
  for (let round = 0; round < 2; round++) {
    const next: Mesh[] = [];
    for (const agent of agents) {
      next.push(await begin());
      await agent.drain();
      const before = answered;
      await eventually("calls flow on", () => answered > before + 300, { timeoutMs: 20_000 });
    }
    agents = next;
  }
  isRolling = false;
  await Promise.all(lanes);
  await plain.close();
  assert.deepEqual(errors, []);
  const begun = benches.flatMap((bench) => bench.begun);
  assert.deepEqual([begun.length, new Set(begun).size, answered], [made, made, made]);
});

test("thousands of calls, streams and cancels leave nothing behind: no subscription, no count, no timer", async () => {
  await using mesh = await startMesh({ monitor: true });
  const notes = new Notes();
  // One that fills up listens to its siblings for a minute; here nothing but a leak shall show.
  const agent = await mesh.serve(lab, labour(notes), { concurrency: 1_000 });
  const caller = await mesh.connect("ops");
  const client = caller.client(lab);
  const count = async () => {
    const page = await fetch(`${mesh.server.monitorUrl}/subsz`);
    return ((await page.json()) as { num_subscriptions: number }).num_subscriptions;
  };
  const round = async () => {
    const controller = new AbortController();
    const cancelled = client.wait({ ms: 10_000 }, { signal: controller.signal }).catch(() => 0);
    await client.echo({ text: "x" });
    for await (const tick of client.tick({ everyMs: 0 })) if (tick === 2) break;
    controller.abort();
    await cancelled;
  };
  const rounds = (many: number) =>
    Promise.all(
      Array.from({ length: 25 }, async () => {
        for (let at = 0; at < many / 25; at++) await round();
      }),
    );
  await rounds(100);
  const before = await count();
  await rounds(3_000);
  await eventually("everything is over", () => notes.ticking === 0 && inFlight(agent) === 0);
  assert.equal(inFlight(caller), 0);
  // The server hears a moment later of what was left last.
  await eventually("the server has as many as before", async () => (await count()) === before);
});

test("memory stays flat over tens of thousands of calls", async () => {
  await using mesh = await startMesh();
  await mesh.serve(lab, labour());
  const client = (await mesh.connect("ops")).client(lab);
  const calls = async (many: number) => {
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        for (let at = 0; at < many / 64; at++) await client.echo(at);
      }),
    );
    // What is garbage already is nobody's leak, and when it is swept is V8's to choose.
    collect();
    return process.memoryUsage().heapUsed;
  };
  await calls(20_000);
  const used: number[] = [];
  for (let round = 0; round < 6; round++) used.push(await calls(10_000));
  const least = Math.min(...used.slice(3));
  const first = Math.min(...used.slice(0, 3));
  assert.ok(least < first + 4 * 1_048_576, `${used.map((bytes) => bytes >> 20)} MiB`);
});

/** Sweeps the heap now. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
