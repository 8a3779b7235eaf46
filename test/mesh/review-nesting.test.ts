import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, isMeshError, MeshCode, type MeshError, skill } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { z } from "zod";

const depth = z.object({ depth: z.number() });
const path = z.object({ path: z.array(z.string()) });

/** Two agents that call each other until the depth is used up. */
const ping = defineAgent({
  name: "ping",
  version: "1.0.0",
  skills: { play: skill({ input: depth, output: path, deadlineMs: 5_000 }) },
});
const pong = defineAgent({
  name: "pong",
  version: "1.0.0",
  skills: {
    play: skill({ input: depth, output: path, deadlineMs: 60_000 }),
    /** Tells how long its caller still waits. */
    left: skill({ input: depth, output: z.object({ ms: z.number() }), deadlineMs: 600_000 }),
  },
});

test("a cycle of agents ends where it ends itself, and each knows the way it came", async () => {
  await using mesh = await startMesh();
  await mesh.serve(ping, {
    play: ({ depth }, ctx) =>
      depth === 0 ? { path: [...ctx.path] } : ctx.client(pong).play({ depth: depth - 1 }),
  });
  await mesh.serve(pong, {
    play: ({ depth }, ctx) =>
      depth === 0 ? { path: [...ctx.path] } : ctx.client(ping).play({ depth: depth - 1 }),
    left: () => ({ ms: 0 }),
  });
  const client = (await mesh.connect("ops")).client(ping);
  assert.deepEqual(await client.play({ depth: 0 }), { path: ["ops"] });
  assert.deepEqual(await client.play({ depth: 3 }), { path: ["ops", "ping", "pong", "ping"] });
});

test("a cycle without an end is stopped, every place is free again, and the far end says why", async () => {
  await using mesh = await startMesh();
  let begun = 0;
  const reasons: string[] = [];
  const agent = await mesh.serve(ping, {
    play: async (input, ctx) => {
      begun++;
      return ctx
        .client(ping)
        .play(input)
        .catch((error: MeshError) => {
          reasons.push(error.message);
          throw error;
        });
    },
  });
  const client = (await mesh.connect("ops")).client(ping);
  await assert.rejects(client.play({ depth: 1 }), (error) => isMeshError(error));
  assert.ok(begun <= 64, `${begun} calls`);
  assert.match(reasons[0] ?? "", /32 agents|room/);
  await eventually("nothing runs any more", () =>
    agent.metrics.snapshot().served.every(({ inFlight }) => inFlight === 0),
  );
});

test("an agent that calls itself with a single place hears of its deadline, and is not stuck for ever", async () => {
  await using mesh = await startMesh();
  const agent = await mesh.serve(
    ping,
    { play: (input, ctx) => ctx.client(ping).play(input) },
    { concurrency: 1, queue: 1 },
  );
  const client = (await mesh.connect("ops")).client(ping);
  await assert.rejects(client.play({ depth: 1 }, { timeoutMs: 300 }), (error) =>
    isMeshError(error, MeshCode.DeadlineExceeded),
  );
  await eventually("nothing runs any more", () =>
    agent.metrics.snapshot().served.every(({ inFlight }) => inFlight === 0),
  );
});

test("an onward call never outlives the call it serves, however long its own deadline is", async () => {
  await using mesh = await startMesh();
  const lefts: number[] = [];
  await mesh.serve(pong, {
    play: () => ({ path: [] }),
    left: (_input, ctx) => {
      lefts.push(ctx.remainingMs());
      return { ms: ctx.remainingMs() };
    },
  });
  await mesh.serve(ping, {
    play: async (_input, ctx) => {
      const onward = ctx.client(pong);
      await onward.left({ depth: 0 });
      await onward.left({ depth: 0 }, { timeoutMs: 3_600_000 });
      // One that comes too late is not handled.
      while (lefts.length < 3)
        await onward.left({ depth: 0 }, { timeoutMs: 100 }).catch(() => undefined);
      return { path: [] };
    },
  });
  await (await mesh.connect("ops")).client(ping).play({ depth: 0 }, { timeoutMs: 20_000 });
  const [own = 0, longer = 0, shorter = 0] = lefts;
  assert.ok(own <= 20_000 && own > 500, `${own}`);
  assert.ok(longer <= own && longer > 500, `${longer}`);
  assert.ok(shorter <= 100, `${shorter}`);
});
