import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "@myelin/mesh";
import { openRecordings, type Recorded } from "@myelin/mesh/operate";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { headers } from "@nats-io/transport-node";
import {
  applyMesh,
  audit,
  recordedCalls,
  recordedMesh,
  scribe,
  scribing,
  serveScribe,
  startRecorded,
  text,
} from "../../support/recorded.ts";
import { joinPlain } from "../../support/stores.ts";
import { handlers, policy, seen, summarizer } from "../../support/workspaces.ts";

/** What was answered. */
function textOf(recorded: Recorded | undefined): string {
  return text(recorded?.answer?.frames[0]?.payload);
}

test("a call and its answer are recorded as they crossed", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "a long text" }, { id: "call-1" });
  await using recordings = await audit(home);
  const [recorded] = await recordedCalls(recordings, { task: "call-1" }, 1);
  assert.equal(recorded?.is, "call");
  assert.match(recorded?.subject ?? "", /^mesh\.call\.scribe\.sum\.[a-z0-9-]+\.boss$/);
  assert.equal(recorded?.caller, "boss");
  assert.equal(text(recorded?.payload), '{"text":"a long text"}');
  assert.equal(text(recorded?.answer?.frames[0]?.payload), '{"summary":"a lon","by":"scribe"}');
  assert.equal(recorded?.answer?.error, undefined);
});

test("a refusal and a declared error are recorded as the answers they are", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const boss = await home.connect("boss");
  await assert.rejects(boss.client(scribe).sum({ text: "" }, { id: "call-2" }));
  await using recordings = await audit(home);
  const [recorded] = await recordedCalls(recordings, { task: "call-2" }, 1);
  assert.equal(recorded?.answer?.error?.code, MeshCode.DomainError);
  assert.deepEqual(recorded?.answer?.error?.domain, { name: "empty", data: { text: "" } });
});

test("the frames of a stream are recorded, and where it ended", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const boss = await home.connect("boss");
  const words: string[] = [];
  for await (const { word } of boss.client(scribe).words({ text: "one two three" }))
    words.push(word);
  assert.deepEqual(words, ["one", "two", "three"]);
  await using recordings = await audit(home);
  const [recorded] = await recordedCalls(recordings, { skill: "words" }, 1);
  assert.equal(recorded?.streams, true);
  assert.deepEqual(
    recorded?.answer?.frames.map(({ payload }) => text(payload)),
    ['{"word":"one"}', '{"word":"two"}', '{"word":"three"}'],
  );
});

test("what is sealed stays sealed, and cannot be replayed", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const boss = await home.connect("boss");
  const { summary } = await boss.client(scribe).secret({ text: "hidden words" });
  assert.equal(summary, "hidde");
  await using recordings = await audit(home);
  const [recorded] = await recordedCalls(recordings, { skill: "secret" }, 1);
  assert.match(recorded?.unfit ?? "", /sealed/);
  const all = text(recorded?.payload) + text(recorded?.answer?.frames[0]?.payload);
  assert.doesNotMatch(all, /hidde/);
});

test("a task is recorded with its result, although it is gone from its stream", async () => {
  await using home = await startRecorded();
  await serveScribe(home, { tasks: {} });
  const boss = await home.connect("boss");
  const task = await boss.client(scribe).sum.submit({ text: "later work" }, { id: "task-1" });
  await task.result({ timeoutMs: 10_000 });
  await using recordings = await audit(home);
  const [recorded] = await recordedCalls(recordings, { task: "task-1" }, 1);
  assert.equal(recorded?.is, "task");
  assert.equal(recorded?.subject, "mesh.task.scribe.sum.normal.boss");
  assert.equal(text(recorded?.answer?.frames[0]?.payload), '{"summary":"later","by":"scribe"}');
});

test("recording is switched on and off while agents run, without a new login", async () => {
  await using home = await startRecorded(recordedMesh(""));
  const mesh = await home.connect("scribe");
  await mesh.serve(scribe, scribing("scribe"));
  const boss = (await home.connect("boss")).client(scribe);
  await boss.sum({ text: "before" });
  assert.equal(mesh.metrics.records.total, 0);
  await applyMesh(home, recordedMesh("recording: { agents: ['*'] }"));
  await eventually("calls are recorded", async () => {
    await boss.sum({ text: "during" });
    return mesh.metrics.records.total > 0;
  });
  await applyMesh(home, recordedMesh(""));
  await eventually("calls are recorded no more", async () => {
    const before = mesh.metrics.records.total;
    for (let asked = 0; asked < 5; asked++) await boss.sum({ text: "after" });
    return mesh.metrics.records.total === before;
  });
  assert.equal(mesh.metrics.reconnects, 0);
});

test("a call from another workspace is recorded by who serves it, with who asked", async () => {
  const text = policy
    .replace("  desk:\n", "  desk:\n    recording: { agents: [summarizer] }\n")
    .replace("members: [ops] }", "members: [ops] }\n      auditor: { members: [audrey] }");
  await using mesh = await startMesh({ policy: text, jetstream: true });
  const served = await mesh.serve(summarizer, handlers(seen()));
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const client = pricer.client(summarizer, { workspace: "desk" });
  await eventually("calls are recorded", async () => {
    await client.condense({ text: "from afar" });
    return served.metrics.records.total > 0;
  });
  await mesh.credentials("audrey", "desk");
  await using recordings = await openRecordings({ ...mesh.accessTo("desk"), name: "audrey" });
  const [recorded] = await recordedCalls(recordings, { skill: "condense" }, 1);
  assert.equal(recorded?.caller, "pricer");
  assert.match(recorded?.subject ?? "", /^mesh\.xcall\.A[A-Z2-7]{55}\.summarizer\.condense\./);
  assert.equal(JSON.parse(textOf(recorded)).workspace, "sales");
});

test("recording goes on after the broker was killed, and nobody's call fails for it", async () => {
  await using home = await startRecorded();
  const mesh = await serveScribe(home);
  await home.server.restart();
  const boss = (await home.connect("boss")).client(scribe);
  const stored = () => new Map(mesh.metrics.records.entries()).get("stored") ?? 0;
  const before = stored();
  await eventually(
    "calls are answered again, and recorded",
    async () => {
      await boss.sum({ text: "again" });
      return stored() > before;
    },
    { timeoutMs: 20_000 },
  );
});

test("a plain client's call is recorded, and found by its trace", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const nc = await joinPlain(home, "boss");
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const head = headers();
  head.set("traceparent", `00-${trace}-b7ad6b7169203331-01`);
  await nc.request("mesh.call.scribe.sum.any.boss", '{"text":"by hand"}', {
    headers: head,
    timeout: 5_000,
  });
  await nc.request("mesh.call.scribe.sum.any.boss", '{"text":"untraced"}', { timeout: 5_000 });
  await nc.close();
  await using recordings = await audit(home);
  const found = await recordedCalls(recordings, { trace }, 1);
  assert.deepEqual(
    found.map(({ payload, traceId }) => [text(payload), traceId]),
    [['{"text":"by hand"}', trace]],
  );
  assert.equal((await recordedCalls(recordings, { trace: trace.replace("0", "1") }, 0)).length, 0);
});
