import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, isMeshError, MeshCode } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { connect as connectPlain } from "@nats-io/transport-node";
import { Cable } from "../support/cable.ts";
import { echo } from "../support/echo.ts";
import { lab, labour, Notes } from "../support/lab.ts";
import { launchAgent, launchLab } from "../support/launch.ts";
import { movedMs } from "../support/moved.ts";

test("a reader that is killed leaves no producer behind, and its place is free again", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  const agent = await mesh.serve(lab, labour(notes), { concurrency: 1, queue: 0 });
  await using reader = await launchLab(mesh, "tick");
  await eventually("frames flow", () => reader.lines.length > 3);
  reader.signal("SIGKILL");
  await eventually("the producer ends", () => notes.ticking === 0, { timeoutMs: 15_000 });
  const client = (await mesh.connect()).client(lab);
  assert.equal(await client.echo("room"), "room");
  await eventually("nothing runs", () =>
    agent.metrics.snapshot().served.every(({ inFlight }) => inFlight === 0),
  );
});

test("a plain client that goes away in mid-stream leaves no producer behind, one that stays gets every frame", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  await mesh.serve(lab, labour(notes));
  const ask = async (everyMs: number) => {
    const nc = await connectPlain(await mesh.options("plain"));
    const frames: string[] = [];
    const inbox = `_INBOX.plain.t.${everyMs}`;
    nc.subscribe(inbox, { callback: (_error, message) => void frames.push(message.string()) });
    nc.publish("mesh.call.lab.tick.any.plain", JSON.stringify({ everyMs }), { reply: inbox });
    await eventually("frames flow", () => frames.length > 3);
    return { nc, frames };
  };
  const goes = await ask(20);
  const stays = await ask(25);
  await goes.nc.close();
  await eventually("the producer ends", () => notes.ticking === 1);
  const before = stays.frames.length;
  await eventually("the other one goes on", () => stays.frames.length > before + 120);
  assert.deepEqual(
    stays.frames,
    stays.frames.map((_, at) => `${at}`),
  );
  await stays.nc.close();
  await eventually("that one ends as well", () => notes.ticking === 0);
});

test("a reader that is stopped for a while loses no frame", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  await mesh.serve(lab, labour(notes));
  await using reader = await launchLab(mesh, "tick");
  await eventually("frames flow", () => reader.lines.length > 3);
  reader.signal("SIGSTOP");
  const stopped = reader.lines.length;
  const sent = notes.ticks;
  await eventually("two seconds of frames are sent", () => notes.ticks > sent + 40);
  reader.signal("SIGCONT");
  await eventually("it has them all", () => reader.lines.length > stopped + 45);
  assert.deepEqual(
    reader.lines,
    reader.lines.map((_, at) => `${at}`),
  );
});

test("the first calls of a newcomer survive the death of who took them, while somebody watches", async () => {
  await using nats = await startMesh();
  const watcher = await connectPlain(await nats.options("ops"));
  watcher.subscribe("mesh.>", { callback: () => {} });
  await watcher.flush();
  await using doomed = await launchAgent(nats);
  await using other = await launchAgent(nats);
  await using caller = await connect({ name: "ops", ...nats.access });
  const begun = movedMs();
  // So long that none is answered before the kill, also where the machine stands still in between.
  const ms = 4_000;
  const calls = Array.from({ length: 30 }, () => caller.client(echo).who({ ms }));
  await eventually("they are out", () => caller.metrics.snapshot().called[0]?.inFlight === 30);
  await watcher.flush();
  doomed.signal("SIGKILL");
  const answers = await Promise.all(calls);
  assert.deepEqual(new Set(answers.map(({ instance }) => instance)), new Set([other.instance]));
  const tookMs = movedMs() - begun;
  assert.ok(tookMs < ms + 3_200, `${Math.round(tookMs)} ms`);
  await watcher.close();
});

test("a stopped instance that goes on drops what was given up meanwhile, and is called again", async () => {
  await using nats = await startMesh();
  await using paused = await launchLab(nats, "serve");
  await using caller = await connect({ name: "ops", ...nats.access });
  const client = caller.client(lab);
  await client.wait({ ms: 0 });
  paused.signal("SIGSTOP");
  const calls = Array.from({ length: 5 }, () =>
    assert.rejects(client.wait({ ms: 20_000 }), (error) =>
      isMeshError(error, MeshCode.UnknownOutcome),
    ),
  );
  await Promise.all(calls);
  paused.signal("SIGCONT");
  await eventually("it drops them", () => paused.lines.length === 6);
  await eventually("it is called again", () => client.wait({ ms: 0 }).catch(() => undefined));
});

test("when every instance is gone callers hear it at once, and are served as soon as one is back", async () => {
  await using nats = await startMesh();
  await using caller = await connect({ name: "ops", ...nats.access });
  const client = caller.client(echo);
  const one = await launchAgent(nats);
  const two = await launchAgent(nats);
  await eventually("both answer", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.who({ ms: 0 })));
    return new Set(answers.map(({ instance }) => instance)).size === 2;
  });
  for (const agent of [one, two]) await agent[Symbol.asyncDispose]();
  const begun = movedMs();
  await assert.rejects(client.who({ ms: 0 }), (error) => isMeshError(error, MeshCode.UnknownAgent));
  assert.ok(movedMs() - begun < 5_000);
  await using back = await launchAgent(nats);
  assert.deepEqual(await client.who({ ms: 0 }), { instance: back.instance });
});

test("SIGTERM lets a program answer what it has taken, and end with 0", async () => {
  await using nats = await startMesh();
  await using program = await launchLab(nats, "serve");
  await using caller = await connect({ name: "ops", ...nats.access });
  const client = caller.client(lab);
  const calls = Array.from({ length: 10 }, () => client.wait({ ms: 400 }));
  const ticks = client.tick({ everyMs: 20 })[Symbol.asyncIterator]();
  assert.equal((await ticks.next()).value, 0);
  program.signal("SIGTERM");
  assert.deepEqual(
    await Promise.all(calls),
    calls.map(() => ({ aborted: false })),
  );
  await ticks.return?.();
  assert.equal(await program.ended, 0);
});

for (const [when, everyMs] of [
  ["while frames flow", 10],
  ["between two frames", 60_000],
] as const) {
  test(`a callee whose cable is cut ${when} ends the stream on both sides, and serves the next`, async () => {
    await using mesh = await startMesh();
    await using cable = await Cable.lay(mesh.server.port);
    const notes = new Notes();
    await using agent = await connect({ ...mesh.access, name: lab.name, servers: cable.url });
    await agent.serve(lab, labour(notes));
    const client = (await mesh.connect()).client(lab);
    let cutAt = 0;
    const read = async () => {
      for await (const _ of client.tick({ everyMs })) {
        if (cutAt > 0) continue;
        cutAt = movedMs();
        cable.cut();
      }
    };
    await assert.rejects(read(), (error) => isMeshError(error, MeshCode.UnknownOutcome));
    assert.ok(movedMs() - cutAt < 3_000);
    await eventually("the producer ends", () => notes.ticking === 0);
    await eventually("it serves again", () => client.echo("again").catch(() => undefined));
  });
}
