import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import {
  replayed,
  sandbox,
  scribe,
  scribing,
  serveScribe,
  startRecorded,
} from "../../support/recorded.ts";

test("a task is replayed as a task of the auditor's, and its result does not reach the submitter", async () => {
  await using home = await startRecorded();
  await serveScribe(home, { tasks: {} });
  const seen: unknown[] = [];
  await (await home.connect("sandbox")).serve(
    sandbox,
    {
      ...scribing("sandbox"),
      sum: ({ text }, ctx) => {
        seen.push([text, ctx.caller, ctx.replay?.stream]);
        return { summary: text, by: "sandbox" };
      },
    },
    { tasks: {} },
  );
  const boss = await home.connect("boss");
  const task = await boss.client(scribe).sum.submit({ text: "work" }, { id: "task-1" });
  await task.result({ timeoutMs: 10_000 });
  const [one] = await replayed(
    home,
    { selection: { task: "task-1" }, many: 1 },
    { into: { agent: "sandbox" }, compare: {} },
  );
  assert.deepEqual(seen, [["work", "audrey", "MESH_RECORDS"]]);
  assert.deepEqual(one?.differences, [{ path: "by", recorded: "scribe", replayed: "sandbox" }]);
  assert.deepEqual(await task.result({ timeoutMs: 20_000 }), { summary: "work", by: "scribe" });
});

test("a task is replayed into a version as a call, since any version takes the tasks", async () => {
  await using home = await startRecorded();
  await serveScribe(home, { tasks: {} });
  const boss = await home.connect("boss");
  const task = await boss.client(scribe).sum.submit({ text: "work" }, { id: "task-1" });
  await task.result({ timeoutMs: 20_000 });
  const selected = { selection: { task: "task-1" }, many: 1 };
  const into = { version: "2.0.0" };
  const [none] = await replayed(home, selected, { into });
  assert.equal(none?.answer?.error?.code, MeshCode.Unavailable);
  const next = await home.connect("scribe");
  await next.serve({ ...scribe, version: "2.0.0" }, scribing("scribe 2"));
  const [one] = await replayed(home, selected, { into, compare: {} });
  assert.deepEqual(one?.differences, [{ path: "by", recorded: "scribe", replayed: "scribe 2" }]);
  await assert.rejects(
    replayed(home, selected, { into: { ...into, as: "task" } }),
    (error) =>
      isMeshError(error, MeshCode.InvalidArgument) && /any of the agent's/.test(error.message),
  );
});
