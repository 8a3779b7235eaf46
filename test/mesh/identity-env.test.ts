import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { eventually, natsCli } from "@myelin/mesh/testing";
import { serveScribe } from "../support/demo-agents.ts";
import { HomeMesh } from "../support/home-mesh.ts";

const scribesMesh = `version: 1
workspaces:
  desk:
    agents:
      scribe: { skills: [shout, spell, wait, fall] }
    roles:
      operator: { members: [ops] }
      observer: { members: [eve] }
`;

test("with what env prints of a home the plain nats CLI calls agents and looks at streams", async () => {
  await using mesh = await HomeMesh.start({ mesh: scribesMesh });
  assert.equal((await mesh.run("apply")).exit, 0);
  await using _scribe = await serveScribe(mesh.access("scribe"));
  const { out, err, exit } = await mesh.run("env", "--home", "mesh");
  assert.equal(exit, 0, err);
  assert.match(out, /export NATS_CREDS=.*\/creds\/desk\/ops\.creds\n/);
  assert.match(out, /export NATS_CA=.*\/tls\/ca\.pem\n/);
  assert.match(await nats(mesh, out, "micro ls"), /scribe .* 1\.2\.0/);
  const request = `req mesh.call.scribe.shout.any.ops '{"text":"plain"}' --raw`;
  assert.equal((await nats(mesh, out, request)).trim(), '{"text":"PLAIN!"}');
  assert.match(await nats(mesh, out, "stream ls"), /MESH_CONFIG/);
  assert.match(await nats(mesh, out, "account info"), /User: ops .*[\s\S]*Account: desk /);
});

test("the plain nats CLI may not do what its name may not", async () => {
  await using mesh = await HomeMesh.start({ mesh: scribesMesh });
  assert.equal((await mesh.run("apply")).exit, 0);
  await using _scribe = await serveScribe(mesh.access("scribe"));
  const { out } = await mesh.run("env", "--home", "mesh", "--as", "eve");
  for (const [command, subject] of [
    [`req mesh.call.scribe.shout.any.eve '{"text":"hush"}'`, "mesh.call.scribe.shout.any.eve"],
    [`req mesh.call.scribe.shout.any.ops '{"text":"hush"}'`, "mesh.call.scribe.shout.any.ops"],
    ["sub --count 1 --wait 1s 'mesh.call.>'", "mesh.call.>"],
    ["stream rm -f MESH_CONFIG", "mesh.js.STREAM.DELETE.MESH_CONFIG"],
  ] as const) {
    const refused = `Violation - .*"${subject.replaceAll(".", "\\.")}"`;
    let said = "";
    // Again where it gave up before it could ask: a second is soon over.
    await eventually(`the server refused ${subject}`, async () => {
      said += await nats(mesh, out, `--timeout 1s ${command}`).catch(String);
      return mesh.server.log.match(refused) !== null;
    });
    assert.doesNotMatch(said, /HUSH/);
  }
  const ops = await mesh.run("env", "--home", "mesh");
  assert.match(await nats(mesh, ops.out, "stream ls"), /MESH_CONFIG/);
});

test("every command finds its credentials in the home", async () => {
  await using mesh = await HomeMesh.start({ mesh: scribesMesh });
  assert.equal((await mesh.run("apply")).exit, 0);
  await using _scribe = await serveScribe(mesh.access("scribe"));
  const home = ["--home", "mesh"];
  assert.match((await mesh.run("agents", ...home)).out, /\nscribe +1\.2\.0 +1 +ready/);
  assert.match((await mesh.run("agents", ...home, "--as", "eve")).out, /\nscribe /);
  assert.match((await mesh.run("card", "scribe", ...home)).out, /shout/);
  const tapped = mesh.run("tap", ...home, "--count", "1");
  // Listening begins some time after the command does: calls go on until one was seen.
  let isSeen = false;
  void tapped.then(() => {
    isSeen = true;
  });
  while (!isSeen) {
    const said = await mesh.run("call", "scribe", "shout", '{"text":"hi"}', ...home);
    assert.equal(said.out, '{"text":"HI!"}\n', said.err);
  }
  assert.match((await tapped).out, /ops +scribe\.shout/);
  assert.match((await mesh.run("doctor", ...home)).out, /ok +server /);
});

test("an observer looks, and may not call", async () => {
  await using mesh = await HomeMesh.start({ mesh: scribesMesh });
  await using _scribe = await serveScribe(mesh.access("scribe"));
  const input = ["call", "scribe", "shout", '{"text":"hi"}', "--home", "mesh", "--as", "eve"];
  const { exit, err } = await mesh.run(...input);
  assert.equal(exit, 1);
  assert.match(err, /permission_denied: .*mesh\.call\.scribe\.shout/);
});

/** Runs the real `nats` in a shell that has evaluated the exports, with no other context than theirs. */
async function nats(mesh: HomeMesh, exports: string, args: string): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: mesh.cwd, XDG_CONFIG_HOME: mesh.cwd, NO_COLOR: "1" };
  const script = `${exports}\n'${natsCli()}' ${args} 2>&1`;
  try {
    return (await promisify(execFile)("sh", ["-c", script], { env, timeout: 20_000 })).stdout;
  } catch (error) {
    const { stdout = "" } = error as { readonly stdout?: string };
    throw Object.assign(error as Error, { message: stdout });
  }
}
