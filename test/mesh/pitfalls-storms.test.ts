import assert from "node:assert/strict";
import { test } from "node:test";
import {
  connect,
  defineAgent,
  isMeshError,
  type Mesh,
  MeshCode,
  type MeshError,
  serve,
  skill,
} from "@myelin/mesh";
import { eventually, startMesh, type TestMesh } from "@myelin/mesh/testing";
import { connect as connectPlain } from "@nats-io/transport-node";
import { z } from "zod";
import { lab, labour, Notes } from "../support/lab.ts";
import { launchLab } from "../support/launch.ts";
import { movedMs } from "../support/moved.ts";
import { Bench, workshop } from "../support/workshop.ts";

const flaky = defineAgent({
  name: "flaky",
  version: "1.0.0",
  skills: { work: skill({ input: z.object({}), output: z.string(), idempotent: true }) },
});

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "ok",
    (error: MeshError) => error.code,
  );

test("a breaker opens for an agent that fails, spares it, and closes when it works again, each time", async () => {
  await using mesh = await startMesh();
  let isWell = true;
  let asked = 0;
  await mesh.serve(flaky, {
    work: () => {
      asked++;
      if (!isWell) throw new Error("ill");
      return "well";
    },
  });
  const openMs = 500;
  const caller = await mesh.connect("ops", { breaker: { openMs } });
  const client = caller.client(flaky);
  /** False where it took so long that one call may try again. */
  const spares = async (): Promise<boolean> => {
    let closedAt = performance.now();
    await eventually("it opens", async () => {
      const begun = performance.now();
      if ((await codeOf(client.work({}))) === "circuit_open") return true;
      closedAt = begun;
      return false;
    });
    const before = asked;
    const refused = await Promise.all(Array.from({ length: 50 }, () => codeOf(client.work({}))));
    if (performance.now() - closedAt >= openMs) return false;
    assert.ok(refused.every((code) => code === "circuit_open"));
    assert.equal(asked, before);
    return true;
  };
  for (let flap = 0; flap < 3; flap++) {
    isWell = false;
    while (!(await spares()));
    isWell = true;
    await eventually("it closes", async () => (await codeOf(client.work({}))) === "ok");
    const served = await Promise.all(Array.from({ length: 50 }, () => codeOf(client.work({}))));
    assert.ok(served.every((code) => code === "ok"));
  }
});

test("an agent without room gets no more attempts than the calls and their budget, and trips no breaker", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  const agent = await mesh.serve(workshop, bench.handlers, { concurrency: 1, queue: 0 });
  const caller = await mesh.connect("ops", {
    retry: { attempts: 5, firstDelayMs: 1, maxDelayMs: 1, budgetShare: 0.2, budgetPerSecond: 1 },
  });
  const client = caller.client(workshop);
  const held = client.build({ id: "held" });
  await eventually("it is full", () => bench.begun.length === 1);
  const codes = await Promise.all(
    Array.from({ length: 300 }, (_, at) => codeOf(client.mend({ id: `${at}` }))),
  );
  assert.deepEqual(new Set(codes), new Set([MeshCode.Overloaded]));
  const attempts = agent.metrics.snapshot().shed["queue_full"] ?? 0;
  assert.ok(attempts >= 300 && attempts <= 300 * 1.2 + 10 + 1, `${attempts} attempts`);
  bench.release();
  await held;
  assert.deepEqual(await client.mend({ id: "after" }), { by: "one" });
});

test("a stream whose producer is killed ends within 2 s, while somebody watches every subject", async () => {
  await using nats = await startMesh();
  const watcher = await connectPlain(await nats.options("ops"));
  watcher.subscribe("mesh.>", { callback: () => {} });
  await watcher.flush();
  await using producer = await launchLab(nats, "serve");
  await using caller = await connect({ name: "ops", ...nats.access });
  let killedAt = 0;
  const read = async () => {
    for await (const tick of caller.client(lab).tick({ everyMs: 20 })) {
      if (tick !== 20) continue;
      producer.signal("SIGKILL");
      killedAt = movedMs();
    }
  };
  await assert.rejects(read(), (error) => isMeshError(error, MeshCode.UnknownOutcome));
  const tookMs = movedMs() - killedAt;
  assert.ok(tookMs < 2_000, `${Math.round(tookMs)} ms`);
  await watcher.close();
});

test("a caller that is killed leaves its calls to their deadline at most, and nobody is hurt", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  const agent = await mesh.serve(lab, labour(notes), { concurrency: 4, queue: 4 });
  await using caller = await launchLab(mesh, "hang");
  await eventually("its calls run", () => notes.calls === 3);
  caller.signal("SIGKILL");
  await caller.ended;
  const client = (await mesh.connect()).client(lab);
  assert.equal(await client.echo("there is room"), "there is room");
  await agent.drain({ timeoutMs: 50 });
});

test("idle agents are heard by nobody who does not call them, however many there are", async () => {
  await using nats = await startMesh({ monitor: true });
  const agents = await Promise.all(
    Array.from({ length: 40 }, (_, at) =>
      serve(
        defineAgent({ name: `idle-${at}`, version: "1.0.0", skills: flaky.skills }),
        { work: () => "well" },
        { ...nats.access },
      ),
    ),
  );
  await using caller = await connect({ name: "ops", ...nats.access });
  const one = defineAgent({ name: "idle-1", version: "1.0.0", skills: flaky.skills });
  await caller.client(one).work({});
  const before = await traffic(nats, caller);
  const after = await eventually("every agent has beaten twice", async () => {
    const now = await traffic(nats, caller);
    return now.sent >= before.sent + 80 ? now : undefined;
  });
  // Of all those beats the one caller hears those of the one agent that it has called.
  assert.ok(after.heard - before.heard <= 5, `${after.heard - before.heard} beats heard`);
  assert.ok(after.delivered - before.delivered <= 5, `${after.delivered - before.delivered}`);
  await Promise.all(agents.map((agent) => agent.close()));
});

interface Connz {
  readonly connections: readonly { readonly name: string; readonly out_msgs: number }[];
}

/** Messages that the server took in and gave out so far, and those that one connection got. */
async function traffic(nats: TestMesh, mesh: Mesh) {
  const read = async (path: string): Promise<unknown> =>
    (await fetch(`${nats.server.monitorUrl}/${path}`)).json();
  const { in_msgs, out_msgs } = (await read("varz")) as { in_msgs: number; out_msgs: number };
  const { connections } = (await read("connz")) as Connz;
  const own = connections.find(({ name }) => name.endsWith(mesh.instance));
  return { sent: in_msgs, delivered: out_msgs, heard: own?.out_msgs ?? 0 };
}
