import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, event } from "@myelin/mesh";
import { z } from "zod";
import type { HomeMesh } from "../../support/home-mesh.ts";
import {
  audit,
  recordedCalls,
  recordedMesh,
  sandbox,
  scribe,
  scribing,
  serveScribe,
  startRecorded,
} from "../../support/recorded.ts";
import { replay } from "../../support/replay-command.ts";

const notes = defineAgent({
  ...{ name: "boss", version: "1.0.0", skills: {} },
  events: { "note.left": event({ data: z.object({ text: z.string() }) }) },
});

/** A mesh in which `boss` has called `scribe` twice, and a sandbox that answers otherwise. */
async function recorded(): Promise<HomeMesh> {
  const home = await startRecorded();
  await serveScribe(home);
  await (await home.connect("sandbox")).serve(sandbox, scribing("sandbox"));
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "first text" }, { id: "call-1" });
  await boss.client(scribe).sum({ text: "second" }, { id: "call-2" });
  await using recordings = await audit(home);
  await recordedCalls(recordings, { caller: "boss" }, 2);
  return home;
}

test("replay without a target shows what was recorded, and runs nothing", async () => {
  await using home = await recorded();
  const { exit, out, err } = await replay(home, ["--task", "call-1"]);
  assert.equal(exit, 0);
  assert.match(out, /MESH_RECORDS:\d+ +boss +scribe\.sum +call-1 +[\d.]+ ms +ok\n/);
  assert.match(err, /1 found; --to <agent> replays them/);
});

test("replay --to --diff shows the fields that differ, and exits with 1", async () => {
  await using home = await recorded();
  const { exit, out, err } = await replay(home, ["--task", "call-1", "--to", "sandbox", "--diff"]);
  assert.equal(exit, 1);
  assert.match(out, /ok, differs\n {4}by\n {6}- "scribe"\n {6}\+ "sandbox"\n/);
  assert.match(err, /1 replayed, 1 differ, 0 failed, 0 skipped/);
  const ignoring = ["--task", "call-1", "--to", "sandbox", "--diff", "--ignore", "by"];
  assert.equal((await replay(home, ignoring)).exit, 0);
});

test("a replay of nothing is told, and fails: a comparison with nothing must not pass", async () => {
  await using home = await recorded();
  const typo = ["--task", "call-9", "--agent", "scribe"];
  const { exit, out, err } = await replay(home, [...typo, "--to", "sandbox", "--diff"]);
  assert.deepEqual([exit, out], [4, ""]);
  assert.match(err, /nothing recorded fits --task call-9 --agent scribe, .*check names, ids/);
  const script = await replay(home, [...typo, "--version", "1.0.0", "--json"]);
  assert.deepEqual([script.exit, script.out], [4, ""]);
  assert.equal(JSON.parse(script.err).error.code, "unknown_task");
  const listed = await replay(home, typo);
  assert.deepEqual([listed.exit, listed.err], [0, "nothing recorded fits\n"]);
  const declined = ["--task", "call-1", "--to", "sandbox", "--step"];
  assert.equal((await replay(home, declined, { input: "q\n" })).exit, 0);
});

test("replay lists events and results with their ids, and says what can be done with them", async () => {
  const publishing = recordedMesh().replace("boss: {", "boss: { publishes: [note.left],");
  await using home = await startRecorded(publishing);
  await (await home.connect("scribe")).serve(scribe, scribing("scribe"), { tasks: {} });
  const boss = await home.connect("boss");
  await boss.publish(notes, "note.left", { text: "hello" }, { id: "note/1" });
  const task = await boss.client(scribe).sum.submit({ text: "first" }, { id: "task-1" });
  await task.result({ timeoutMs: 20_000 });
  const events = await replay(home, ["--from", "events"]);
  assert.match(events.out, / boss +boss\.note\.left +note\/1 +event\n/);
  assert.match(events.err, /1 found; --to <agent> --follow <name> replays them/);
  const results = await replay(home, ["--from", "results"]);
  assert.match(results.out, / scribe\.sum +task-1 +result\n/);
  assert.match(results.err, /1 found; only a function replays results: openRecordings/);
  const one = ["--from", "events", "--task", "note/1"];
  const [event] = (await replay(home, [...one, "--json"])).out.trim().split("\n");
  assert.equal(JSON.parse(event ?? "").id, "note/1");
});

test("replay --json tells each as a document, with both answers", async () => {
  await using home = await recorded();
  const args = ["--task", "call-2", "--to", "sandbox", "--diff", "--speed", "unpaced", "--json"];
  const document = JSON.parse((await replay(home, args)).out);
  assert.equal(document.caller, "boss");
  assert.deepEqual(document.answer.frames, [{ summary: "secon", by: "scribe" }]);
  assert.deepEqual(document.replayed.frames, [{ summary: "secon", by: "sandbox" }]);
  assert.deepEqual(document.differences, [{ path: "by", recorded: "scribe", replayed: "sandbox" }]);
});

test("replay exits with 1 where nobody answered, and says why", async () => {
  await using home = await recorded();
  const args = ["--task", "call-1", "--version", "9.9.9"];
  const { exit, out, err } = await replay(home, args);
  assert.equal(exit, 1, out);
  assert.match(out, /unavailable: .*v-9-9-9.*nobody listens/);
  assert.match(err, /1 replayed, 1 failed, 0 skipped/);
});

test("replay --step asks before each, and takes an end of input for no", async () => {
  await using home = await recorded();
  const args = [
    "--subject",
    "mesh.call.scribe.sum.*.boss",
    "--since",
    "1h",
    "--to",
    "sandbox",
    "--step",
  ];
  const { err } = await replay(home, args, { input: "what?\ns\n" });
  assert.match(err, /boss → scribe\.sum: Enter runs it, s skips it, q ends/);
  assert.match(err, /0 replayed, 0 failed, 1 skipped/);
});

test("replay refuses what it cannot do, and says what it can", async () => {
  await using home = await recorded();
  const wrong = async (...args: readonly string[]) => {
    const { exit, err } = await replay(home, args);
    assert.equal(exit, 2, err);
    return err;
  };
  assert.match(await wrong("--from", "calls"), /records, tasks, results, events, dead/);
  assert.match(await wrong("--since", "yesterday"), /how long ago with its unit .*such as 10m/);
  assert.match(await wrong("--diff"), /--to <agent> or --version/);
  assert.match(await wrong("--to", "sandbox", "--speed", "fast"), /recorded, unpaced or a number/);
  assert.match(await wrong("--to", "scribe", "--task", "call-1"), /in earnest/);
  const version = /version must be a semantic version of at most 61 characters, got "banana"/;
  assert.match(await wrong("--version", "banana", "--task", "call-1"), version);
  const operator = await replay(home, [], { as: "ops" });
  assert.equal(operator.exit, 1);
  assert.match(operator.err, /permission_denied: .*roles\.auditor\.members: \[ops\]/);
});
