import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { run } from "../../services/cli/cli.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";
import { MyelinProcess } from "../support/myelin-process.ts";

const text = `# Pipes

A pipe carries water from a spring to a town. Water in a pipe flows downhill. The town drinks water.
A broken pipe loses water. The plumber repairs the pipe, and the town drinks again.
`;

test("up keeps a mesh with the desk up, the other commands find it, and it leaves nothing behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "myelin-up-"));
  mkdirSync(join(folder, "documents"));
  writeFileSync(join(folder, "documents", "pipes.md"), text);
  const env = { MYELIN_URL: undefined, NATS_URL: undefined };
  const up = new MyelinProcess(["up", "--json", "documents"], { cwd: folder, env });
  try {
    const patience = { timeoutMs: 50_000, everyMs: 100 };
    await eventually(`it says where it is\n${up.err}`, () => up.out.endsWith("\n"), patience);
    const { url, home } = JSON.parse(up.out);
    assert.equal(home, join(folder, ".cache", "mesh"));
    const terminal = new FakeTerminal({ cwd: join(folder, "documents") });
    assert.equal(await run(["agents", "--json"], terminal), 0);
    const agents: readonly { agent: string }[] = JSON.parse(terminal.written);
    const names = agents.map(({ agent }) => agent);
    assert.deepEqual(names, ["editor", "indexer", "librarian", "reviewer", "summarizer"]);
    const elsewhere = new FakeTerminal({ env: { MYELIN_URL: url, MYELIN_HOME: home } });
    assert.equal(await run(["agents"], elsewhere), 0);
    // Nobody gets in who does not have its credentials and trusts its authority.
    const stranger = new FakeTerminal({ env: { MYELIN_URL: url } });
    assert.equal(await run(["agents"], stranger), 3);
    assert.match(stranger.complained, /no authority that we trust vouches for it/);
    up.kill("SIGTERM");
    await up.exit;
    assert.equal(existsSync(join(folder, ".cache", "mesh.json")), false);
  } finally {
    up.kill("SIGTERM");
    await up.exit;
    rmSync(folder, { recursive: true });
  }
});

test("up takes no other mesh's place or name: it starts its own", async () => {
  for (const [option, value] of [
    ["--server", "nats://127.0.0.1:1"],
    ["--workspace", "desk"],
    ["--creds", "x.creds"],
    ["--as", "boss"],
  ] as const) {
    const terminal = new FakeTerminal({ cwd: "/" });
    assert.equal(await run(["up", option, value], terminal), 2);
    assert.match(terminal.complained, new RegExp(`${option} is not for up, which starts a server`));
  }
});
