import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, event, isMeshError, MeshCode, on } from "@myelin/mesh";
import type { Recorded, Selection } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { z } from "zod";
import { deadLetters } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { audit, sandbox, scribe, scribing, startRecorded, text } from "../../support/recorded.ts";

const press = defineAgent({
  name: "press",
  version: "1.0.0",
  skills: {},
  events: { "paper.out": event({ data: z.object({ issue: z.number() }) }) },
});

const mesh = `version: 1
workspaces:
  desk:
    agents:
      press: { publishes: [paper.out] }
      scribe: { skills: [sum, words, secret, ask] }
      sandbox: { skills: [sum, words, secret, ask] }
      trial: { skills: [read], follows: { papers: { from: now, events: [press.paper.out] } } }
      reader: { skills: [read], follows: { papers: { from: now, events: [press.paper.out] } } }
      boss: { submits: [scribe.*] }
    roles:
      keeper: { members: [keeper] }
      auditor: { members: [audrey], submits: [sandbox.*, trial.*] }
`;

async function selected(home: HomeMesh, selection: Selection): Promise<readonly Recorded[]> {
  await using recordings = await audit(home);
  const found: Recorded[] = [];
  for await (const one of recordings.select(selection)) found.push(one);
  return found;
}

test("a task that waits is replayed in a sandbox, and goes on waiting for its own agent", async () => {
  await using home = await startRecorded(mesh);
  const boss = await home.connect("boss");
  const task = await boss.client(scribe).sum.submit({ text: "waiting" }, { id: "t-1" });
  const served = await home.connect("sandbox");
  await served.serve(sandbox, scribing("sandbox"), { tasks: {} });
  await using recordings = await audit(home);
  const selection = { from: "tasks", task: "t-1" } as const;
  const into = { agent: "sandbox" };
  for await (const { answer } of recordings.replay(selection, { into, speed: "unpaced" })) {
    assert.equal(text(answer?.frames[0]?.payload), '{"summary":"waiti","by":"sandbox"}');
  }
  assert.equal((await task.status()).state, "waiting");
  assert.equal((await selected(home, selection)).length, 1);
});

test("a payload too large for its message is replayed by a copy, and its answer compared by digest", async () => {
  await using home = await startRecorded(mesh);
  const boss = await home.connect("boss");
  const text = "x".repeat(2_000_000);
  await boss.client(scribe).ask.submit({ text }, { id: "t-big" });
  const served = await home.connect("sandbox");
  let length = 0;
  const ask: Parameters<typeof scribing>[1] = ({ text: asked }) => {
    length = asked.length;
    return { summary: asked, by: "sandbox" };
  };
  await served.serve(sandbox, scribing("sandbox", ask), { tasks: {} });
  await using recordings = await audit(home);
  const selection = { from: "tasks", task: "t-big" } as const;
  const into = { agent: "sandbox" };
  for await (const { answer } of recordings.replay(selection, { into, speed: "unpaced" })) {
    assert.equal(answer?.error, undefined);
  }
  assert.equal(length, text.length);
  const rehearsed: number[] = [];
  const weigh = ({ payload }: Recorded) => rehearsed.push(payload.length);
  for await (const _one of recordings.replay(selection, { into: weigh, speed: "unpaced" }));
  assert.deepEqual(rehearsed, [text.length + '{"text":""}'.length]);
});

test("a dead letter is looked at as what it was, with why it died, and replayed", async () => {
  await using home = await startRecorded(mesh);
  const worker = await home.connect("scribe");
  const handlers = { ...scribing("scribe"), sum: () => assert.fail("never works") };
  await worker.serve(scribe, handlers, { tasks: { attempts: 1 } });
  const boss = await home.connect("boss");
  const task = await boss.client(scribe).sum.submit({ text: "doomed" }, { id: "t-2" });
  await assert.rejects(task.result({ timeoutMs: 10_000 }));
  const [dead] = await selected(home, { from: "dead", agent: "scribe", task: "t-2" });
  assert.equal(dead?.subject, "mesh.task.scribe.sum.normal.boss");
  assert.equal(dead?.answer?.error?.code, MeshCode.HandlerFailed);
  assert.equal(text(dead?.payload), '{"text":"doomed"}');
  const [final] = await selected(home, { from: "results", agent: "scribe", caller: "boss" });
  assert.deepEqual([final?.is, final?.id], ["result", "t-2"]);
  const served = await home.connect("sandbox");
  await served.serve(sandbox, scribing("sandbox"), { tasks: {} });
  await using recordings = await audit(home);
  const into = { agent: "sandbox" };
  for await (const one of recordings.replay({ from: "dead" }, { into, compare: {} })) {
    assert.deepEqual(
      one.differences?.map(({ path }) => path),
      ["error", "summary", "by"],
    );
  }
});

test("events are selected by publisher, name and time, and given to one subscription once more", async () => {
  await using home = await startRecorded(mesh);
  const publisher = await home.connect("press");
  for (const issue of [1, 2, 3]) {
    await publisher.publish(press, "paper.out", { issue }, { id: `paper-${issue}` });
    // Times are told in milliseconds: each has one of its own.
    const stored = Date.now();
    await eventually("the clock has moved on", () => Date.now() > stored);
  }
  const all = await selected(home, { from: "events", agent: "press", skill: "paper.out" });
  assert.deepEqual(
    all.map(({ payload }) => text(payload)),
    ['{"issue":1}', '{"issue":2}', '{"issue":3}'],
  );
  const [, second] = all;
  const since = second?.storedAt as Date;
  assert.deepEqual(
    (await selected(home, { from: "events", since, until: since })).map(({ sequence }) => sequence),
    [2],
  );
  const got: unknown[] = [];
  await (await home.connect("trial")).follow("papers", [
    on(press, "paper.out", ({ issue }, ctx) => void got.push([issue, ctx.replay?.stream])),
  ]);
  await using recordings = await audit(home);
  const selection = { from: "events", agent: "press" } as const;
  const into = { agent: "trial", follow: "papers" };
  for await (const _one of recordings.replay(selection, { into, speed: "unpaced" }));
  await eventually("the trial has all of them twice", () => got.length === 6);
  const both = [undefined, "MESH_EVENTS"].flatMap((place) =>
    [1, 2, 3].map((issue) => [issue, place]),
  );
  assert.deepEqual(new Set(got), new Set(both));
  const elsewhere = { agent: "reader", follow: "papers" };
  const run = async () => {
    for await (const _one of recordings.replay(selection, { into: elsewhere, speed: "unpaced" }));
  };
  await assert.rejects(run(), (error) => isMeshError(error, MeshCode.PermissionDenied));
});

test("what nobody asked for is not asked of an agent", async () => {
  await using home = await startRecorded(mesh);
  const publisher = await home.connect("press");
  await publisher.publish(press, "paper.out", { issue: 1 });
  await using recordings = await audit(home);
  const run = async () => {
    const into = { agent: "sandbox" };
    for await (const _one of recordings.replay({ from: "events" }, { into }));
  };
  await assert.rejects(run(), /is an event, no call and no task; name the follow that gets it/);
});

test("a mesh without streams says so", async () => {
  await using home = await startRecorded(mesh.replace("agents:", "provision: off\n    agents:"));
  await assert.rejects(
    selected(home, {}),
    (error) =>
      isMeshError(error) && /MESH_RECORDS/.test(error.message) && /apply/.test(error.message),
  );
});

test("ten thousand recorded events are read in order, with few in memory", async () => {
  await using home = await startRecorded(mesh);
  const publisher = await home.connect("press");
  const many = 10_000;
  for (let from = 0; from < many; from += 500) {
    const batch = Array.from({ length: 500 }, (_, at) => from + at);
    await Promise.all(batch.map((issue) => publisher.publish(press, "paper.out", { issue })));
  }
  await using recordings = await audit(home);
  const seen = new Set<string>();
  let last = 0;
  for await (const { payload, sequence } of recordings.select({ from: "events" })) {
    assert.ok(sequence > last);
    last = sequence;
    seen.add(text(payload));
  }
  assert.equal(seen.size, many);
});

test("the dead letter of a replay tells that it is one, and is not replayed again by itself", async () => {
  await using home = await startRecorded(mesh);
  const boss = await home.connect("boss");
  await boss.client(scribe).sum.submit({ text: "waiting" }, { id: "t-1" });
  const served = await home.connect("sandbox");
  const handlers = { ...scribing("sandbox"), sum: () => assert.fail("never works") };
  await served.serve(sandbox, handlers, { tasks: { attempts: 1 } });
  await using recordings = await audit(home);
  const into = { agent: "sandbox" };
  for await (const { answer } of recordings.replay({ from: "tasks" }, { into, speed: "unpaced" })) {
    assert.equal(answer?.error?.code, MeshCode.HandlerFailed);
  }
  const [letter] = await deadLetters(home);
  assert.equal(letter?.header("Origin-Mesh-Replay"), "MESH_TASKS:1");
  assert.equal((await selected(home, { from: "dead" })).length, 0);
  const [dead] = await selected(home, { from: "dead", replays: true });
  assert.deepEqual(dead?.replay, { stream: "MESH_TASKS", sequence: 1, onward: false });
});
