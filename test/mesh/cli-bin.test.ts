import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { CliMesh } from "../support/cli-mesh.ts";
import { MyelinProcess } from "../support/myelin-process.ts";

const patience = { timeoutMs: 30_000, everyMs: 100 };

test("myelin runs from any folder, and its exit code tells how it went", async () => {
  await using mesh = await CliMesh.start();
  const good = start(mesh, ["call", "scribe", "shout", '{"text":"hi"}']);
  assert.equal(await good.exit, 0);
  assert.equal(good.out, '{"text":"HI!"}\n');
  const bad = start(mesh, ["call", "scribe", "shot", "--json"]);
  assert.equal(await bad.exit, 4);
  assert.equal(JSON.parse(bad.err).error.code, "unknown_skill");
});

test("Ctrl-C cancels a call once, also when a launcher passes it on", async () => {
  await using mesh = await CliMesh.start();
  const ran = start(mesh, ["call", "scribe", "wait"]);
  await eventually("the handler waits", () => mesh.waiting === 1, patience);
  ran.killGroup("SIGINT");
  assert.equal(await ran.exit, 130);
  assert.match(ran.err, /cancelled/);
  await eventually("the handler was told", () => mesh.aborted === 1);
});

test("SIGTERM to the launcher ends what it runs", async () => {
  await using mesh = await CliMesh.start();
  const ran = start(mesh, ["tap", "--json"]);
  const shows = async (): Promise<boolean> => {
    await mesh.run(["call", "scribe", "shout", '{"text":"a"}']);
    return ran.out.includes("scribe");
  };
  await eventually("tap shows a call", shows, patience);
  ran.kill("SIGTERM");
  assert.equal(await ran.exit, 0);
});

function start(mesh: CliMesh, args: readonly string[]): MyelinProcess {
  return new MyelinProcess(args, { cwd: "/", env: mesh.mesh.env });
}
