import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startNats } from "@myelin/mesh/testing";
import { run } from "../../services/cli/cli.ts";
import { findProgram } from "../../services/cli/programs.ts";
import { CliMesh } from "../support/cli-mesh.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";
import { temporaryFolder } from "../support/folder.ts";

test("the plain nats CLI sees and calls agents with what env prints", async () => {
  await using mesh = await CliMesh.start();
  using folder = temporaryFolder();
  const { exit, out } = await mesh.run(["env"], { cwd: folder.path });
  assert.equal(exit, 0);
  const ls = await inShell(out, "micro ls", folder.path);
  assert.match(ls, /scribe .* 1\.2\.0/);
  const request = `req mesh.call.scribe.shout.any.ops '{"text":"plain"}' --raw`;
  assert.equal((await inShell(out, request, folder.path)).trim(), '{"text":"PLAIN!"}');
});

test("env writes a context with URL and private inbox, for its owner only", async () => {
  await using mesh = await CliMesh.start(0);
  using folder = temporaryFolder();
  const out = join(folder.path, "deep", "context.json");
  const ran = await mesh.run(["env", "--as", "alice", "--out", out, "--json"]);
  const variables = JSON.parse(ran.out);
  assert.equal(variables.NATS_CONTEXT, out);
  assert.equal(variables.NATS_URL, mesh.mesh.url);
  assert.equal(variables.MYELIN_AS, "alice");
  assert.deepEqual(JSON.parse(readFileSync(out, "utf8")), {
    description: "Myelin mesh, as alice",
    url: mesh.mesh.url,
    inbox_prefix: "_INBOX.alice.cli",
    creds: await mesh.mesh.credentials("alice"),
    ca: mesh.mesh.caFile,
    jetstream_api_prefix: "mesh.js",
  });
  assert.equal(statSync(out).mode & 0o077, 0);
});

test("what env prints can be evaluated in any folder, spaces and quotes included", async () => {
  await using mesh = await CliMesh.start(0);
  using folder = temporaryFolder("it's a folder ");
  const { out } = await mesh.run(["env"], { cwd: folder.path });
  const shell = promisify(execFile)("sh", ["-c", `${out}\nprintf %s "$NATS_CONTEXT"`]);
  const named = (await shell).stdout;
  assert.equal(named, join(folder.path, ".cache", "nats", "ops.json"));
  assert.ok(existsSync(named));
});

test("a server that asks for a login gets it from the URL, and so does the nats CLI", async () => {
  await using nats = await startNats({ config: 'authorization { user: me, password: "p@ss" }' });
  using folder = temporaryFolder();
  const url = nats.url.replace("://", "://me:p%40ss@");
  const refused = new FakeTerminal({ cwd: folder.path, env: { MYELIN_URL: nats.url } });
  assert.equal(await run(["agents"], refused), 1);
  assert.match(refused.complained, /permission_denied: .*\(from MYELIN_URL\)\nnext: .*log in/);
  const terminal = new FakeTerminal({ cwd: folder.path, env: { MYELIN_URL: url } });
  assert.equal(await run(["env"], terminal), 0);
  assert.match(await inShell(terminal.written, "rtt", folder.path), /127\.0\.0\.1/);
});

test("env of a mesh that is not there exports nothing", async () => {
  await using mesh = await CliMesh.start(0);
  await mesh.mesh.server.stop();
  using folder = temporaryFolder();
  const { exit, out } = await mesh.run(["env"], { cwd: folder.path });
  assert.deepEqual({ exit, out }, { exit: 3, out: "" });
});

/** Runs the real `nats` in a shell that has evaluated the exports, with no other context than theirs. */
async function inShell(exports: string, args: string, home: string): Promise<string> {
  const nats = findProgram("nats", { env: process.env, cwd: process.cwd() });
  assert.ok(nats, "the nats CLI is not there; npm test fetches it");
  const env = { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home };
  const { stdout } = await promisify(execFile)("sh", ["-c", `${exports}\n'${nats}' ${args}`], {
    env,
  });
  return stdout;
}
