import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, isMeshError, type Mesh, MeshCode } from "@myelin/mesh";
import { connect as connectPlain } from "@nats-io/transport-node";
import { eventually, startMesh, type TestMesh } from "../../libs/testing/index.ts";
import { echo, echoing } from "../support/echo.ts";
import { launchAgent } from "../support/launch.ts";
import { steadyCalls } from "../support/steady-calls.ts";

async function instance(nats: TestMesh): Promise<Mesh> {
  const mesh = await connect({ name: echo.name, ...nats.access });
  await mesh.serve(
    echo,
    echoing(() => mesh.instance),
  );
  return mesh;
}

test("an agent can be called as soon as serve has resolved", async () => {
  await using nats = await startMesh();
  await using caller = await connect({ name: "ops", ...nats.access });
  const client = caller.client(echo);
  await assert.rejects(client.who({ ms: 0 }), (error) => isMeshError(error, MeshCode.UnknownAgent));
  await using served = await instance(nats);
  assert.deepEqual(await client.who({ ms: 0 }), { instance: served.instance });
});

test("an instance that joins gets its share without anybody asking again", async () => {
  await using nats = await startMesh();
  await using first = await instance(nats);
  await using caller = await connect({ name: "ops", ...nats.access });
  await using calls = steadyCalls(4, () => caller.client(echo).who({ ms: 5 }));
  await eventually("the first one answers", () => calls.seen().answered[first.instance]);
  await using second = await instance(nats);
  await eventually("the second one answers", () => calls.seen().answered[second.instance]);
  assert.deepEqual((await calls.stop()).errors, []);
});

test("a drained instance gets no call any more, and no call fails by it", async () => {
  await using nats = await startMesh();
  await using stays = await instance(nats);
  await using leaves = await instance(nats);
  await using caller = await connect({ name: "ops", ...nats.access });
  await using calls = steadyCalls(16, () => caller.client(echo).once({ ms: 5 }));
  await eventually("both answer", () => Object.keys(calls.seen().answered).length === 2);
  await leaves.drain();
  const before = calls.seen().answered;
  await eventually("the other one goes on", () => {
    const now = calls.seen().answered[stays.instance] ?? 0;
    return now > (before[stays.instance] ?? 0) + 200;
  });
  const { answered, errors } = await calls.stop();
  assert.deepEqual(errors, []);
  assert.equal(answered[leaves.instance], before[leaves.instance]);
});

// A stopped process keeps its connection, so the server tells nobody; who watches takes the server's 503 away.
for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
  for (const watched of [false, true]) {
    const watching = watched ? " while somebody watches every subject" : "";
    test(`no idempotent call fails after ${signal} of an instance${watching}`, async () => {
      await using nats = await startMesh();
      await using watcher = watched ? await watchAll(nats) : undefined;
      await using doomed = await launchAgent(nats);
      await using other = await launchAgent(nats);
      await using caller = await connect({ name: "ops", ...nats.access });
      await using calls = steadyCalls(32, () => caller.client(echo).who({ ms: 10 }));
      await eventually("both answer", () => Object.keys(calls.seen().answered).length === 2);
      doomed.signal(signal);
      const before = calls.seen().answered[other.instance] ?? 0;
      await eventually(
        "the other one answers everything",
        () => (calls.seen().answered[other.instance] ?? 0) > before + 2_000,
        { timeoutMs: 20_000 },
      );
      const { errors, longestMs } = await calls.stop();
      assert.deepEqual(errors, []);
      // What the dead one was working on is given up within 1.5 s, and goes elsewhere.
      assert.ok(longestMs < 2_500, `a call took ${Math.round(longestMs)} ms`);
      assert.equal(watcher?.isClosed() ?? false, false);
    });
  }
}

test("calls through the queue group alone survive a stopped instance as well", async () => {
  await using nats = await startMesh();
  await using doomed = await launchAgent(nats);
  await using other = await launchAgent(nats);
  doomed.signal("SIGSTOP");
  // A caller that has just come knows nobody: its first calls go to whomever the server chooses.
  await using caller = await connect({ name: "ops", ...nats.access });
  const client = caller.client(echo);
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.who({ ms: 0 })));
  assert.deepEqual(new Set(answers.map((answer) => answer.instance)), new Set([other.instance]));
});

test("a process that is stopped and goes on gets calls again", async () => {
  await using nats = await startMesh();
  await using paused = await launchAgent(nats);
  await using other = await launchAgent(nats);
  await using caller = await connect({ name: "ops", ...nats.access });
  await using calls = steadyCalls(8, () => caller.client(echo).who({ ms: 5 }));
  await eventually("both answer", () => Object.keys(calls.seen().answered).length === 2);
  paused.signal("SIGSTOP");
  const before = calls.seen().answered[other.instance] ?? 0;
  await eventually(
    "the other one takes over",
    () => (calls.seen().answered[other.instance] ?? 0) > before + 2_000,
    { timeoutMs: 15_000 },
  );
  const asleep = calls.seen().answered[paused.instance] ?? 0;
  paused.signal("SIGCONT");
  await eventually(
    "it answers again",
    () => (calls.seen().answered[paused.instance] ?? 0) > asleep + 10,
    // At once where it was lost; where its answers only came late it has to look better again first.
    { timeoutMs: 45_000 },
  );
  assert.deepEqual((await calls.stop()).errors, []);
});

/** What `nats sub 'mesh.>'` does. */
async function watchAll(nats: TestMesh) {
  const nc = await connectPlain(await nats.options("ops"));
  nc.subscribe("mesh.>", { callback: () => {} });
  await nc.flush();
  return { isClosed: () => nc.isClosed(), [Symbol.asyncDispose]: () => nc.close() };
}
