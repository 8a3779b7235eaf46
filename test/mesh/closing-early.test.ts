import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, event, isMeshError, MeshCode, skill } from "@myelin/mesh";
import { eventually, startMesh, type TestMesh } from "@myelin/mesh/testing";
import { z } from "zod";
import { lab, labour, Notes } from "../support/lab.ts";
import { movedMs } from "../support/moved.ts";
import { Bench, workshop } from "../support/workshop.ts";

const withCode = (code: MeshCode) => (error: unknown) => isMeshError(error, code);

/** That it is over long before the drain's own limit would be, also on a busy machine. */
async function endsSoon(ending: Promise<unknown>): Promise<void> {
  const begun = movedMs();
  await ending;
  const tookMs = movedMs() - begun;
  assert.ok(tookMs < 15_000, `it took ${tookMs} ms`);
}

/** An agent at work on a call that takes a minute, heeds its signal, and ends with the agent. */
async function atWork(mesh: TestMesh, onAbort = () => {}) {
  const notes = new Notes();
  notes.onAbort = onAbort;
  const agent = await mesh.serve(lab, labour(notes));
  const client = (await mesh.connect("ops")).client(lab);
  const ended = assert.rejects(
    client.wait({ ms: 60_000 }, { timeoutMs: 90_000 }),
    withCode(MeshCode.UnknownOutcome),
  );
  await eventually("it runs", () => notes.calls === 1);
  return { agent, ended };
}

test("a close during a long drain ends it endsSoon, and what runs is told to stop", async () => {
  await using mesh = await startMesh();
  let told = 0;
  const { agent, ended } = await atWork(mesh, () => told++);
  const drained = agent.drain({ timeoutMs: 60_000 });
  await endsSoon(Promise.all([agent.close(), drained, ended]));
  assert.equal(told, 1);
});

test("a second drain with less time shortens the first", async () => {
  await using mesh = await startMesh();
  const { agent, ended } = await atWork(mesh);
  const first = agent.drain({ timeoutMs: 60_000 });
  await endsSoon(Promise.all([agent.drain({ timeoutMs: 50 }), first, ended]));
});

test("a close during a drain ends the calls that the drain waited for", async () => {
  await using mesh = await startMesh();
  const bench = new Bench("one");
  await mesh.serve(workshop, bench.handlers);
  const caller = await mesh.connect("ops");
  const call = assert.rejects(
    caller.client(workshop).build({ id: "1" }, { timeoutMs: 90_000 }),
    withCode(MeshCode.Closed),
  );
  await eventually("it runs", () => bench.begun.length === 1);
  const drained = caller.drain({ timeoutMs: 60_000 });
  await endsSoon(Promise.all([caller.close(), drained, call]));
  bench.release();
});

test("who serves on a connection that is closed meanwhile hears closed, whenever that is", async () => {
  await using mesh = await startMesh();
  for (const turns of [0, 1, 3, 10]) {
    const connection = await mesh.connect(lab.name);
    const serving = assert.rejects(
      connection.serve(lab, labour()),
      withCode(MeshCode.Closed),
      `closed after ${turns} turns`,
    );
    // What it awaits before it subscribes takes no turn; the server's answer takes some.
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await Promise.all([connection.close(), serving]);
  }
});

test("a server that stands still holds up no close: neither of who serves, nor who calls, nor who hears", async () => {
  await using mesh = await startMesh();
  const teller = defineAgent({
    name: "teller",
    version: "1.0.0",
    skills: { tell: skill({ input: z.string(), output: z.string() }) },
    events: { told: event({ data: z.string() }) },
  });
  const notes = new Notes();
  const agent = await mesh.serve(lab, labour(notes));
  const caller = await mesh.connect("ops");
  const listener = await mesh.connect("listener");
  await listener.hear(teller, "told", () => {});
  const call = assert.rejects(
    caller.client(lab).wait({ ms: 60_000 }, { timeoutMs: 90_000 }),
    withCode(MeshCode.Closed),
  );
  await eventually("it runs", () => notes.calls === 1);
  await mesh.server.pause();
  await endsSoon(Promise.all([agent.close(), caller.close(), listener.close(), call]));
});
