import assert from "node:assert/strict";
import { test } from "node:test";
import type { HomeMesh } from "../../support/home-mesh.ts";
import {
  audit,
  recordedCalls,
  sandbox,
  scribe,
  scribing,
  serveScribe,
  startRecorded,
} from "../../support/recorded.ts";
import { replay } from "../../support/replay-command.ts";

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
  assert.match(await wrong("--since", "yesterday"), /how long ago, such as 10m/);
  assert.match(await wrong("--diff"), /--to <agent> or --version/);
  assert.match(await wrong("--to", "sandbox", "--speed", "fast"), /recorded, unpaced or a number/);
  assert.match(await wrong("--to", "scribe", "--task", "call-1"), /in earnest/);
  const operator = await replay(home, [], { as: "ops" });
  assert.equal(operator.exit, 1);
  assert.match(operator.err, /permission_denied: .*roles\.auditor\.members: \[ops\]/);
});
