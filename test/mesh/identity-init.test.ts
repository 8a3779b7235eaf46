import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { connect as dial } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { observe } from "@myelin/mesh/operate";
import { startNats } from "@myelin/mesh/testing";
import { run } from "../../services/cli/cli.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";
import { temporaryFolder } from "../support/folder.ts";
import { filesIn, HomeMesh, textsIn } from "../support/home-mesh.ts";

test("init makes a home whose server lets its members in, over TLS", async () => {
  await using mesh = await HomeMesh.start();
  await using observer = await observe({ ...mesh.access("ops"), servers: mesh.reach.servers });
  assert.deepEqual(await observer.info(), []);
  assert.match(mesh.server.log, /TLS required for client connections/);
});

test("what init wrote needs no hand before nats-server takes it", async () => {
  using folder = temporaryFolder();
  const listen = "127.0.0.1:24999";
  const { exit } = await init(folder.path, "--workspace", "desk", "--listen", listen);
  assert.equal(exit, 0);
  const conf = readFileSync(join(folder.path, "mesh/server/nats-server.conf"), "utf8");
  assert.match(conf, /min_version: "1\.2"/);
  assert.match(conf, /type: full/);
  assert.match(conf, /interval: "2s"/);
  // Its own streams and JWTs; only where it listens is the kit's.
  await using server = await startNats({ config: conf.replace(/^listen:.*$/m, "") });
  assert.match(server.log, /Trusted Operators/);
  const place = JSON.parse(readFileSync(join(folder.path, "mesh/mesh.json"), "utf8"));
  assert.deepEqual(place, { url: `nats://${listen}` });
});

test("init run twice keeps every file as it is, and says so", async () => {
  using folder = temporaryFolder();
  const first = await init(folder.path, "--json");
  assert.deepEqual(JSON.parse(first.out).kept, []);
  const before = filesIn(folder.path);
  const second = await init(folder.path, "--json", "--workspace", "other");
  assert.equal(second.exit, 0);
  assert.deepEqual(JSON.parse(second.out).made, []);
  assert.equal(JSON.parse(second.out).kept.length, JSON.parse(first.out).made.length);
  assert.deepEqual(
    [JSON.parse(first.out).unused, JSON.parse(second.out).unused],
    [[], ["--workspace"]],
  );
  const told = await init(folder.path, "--hosts", "far.example", "--days", "3");
  assert.match(told.err, /^--hosts, --days: nothing of it was done, .*`myelin certify`/);
  assert.deepEqual(filesIn(folder.path), before);
});

test("init that was cut off goes on where it stopped, with the keys that are there", async () => {
  using folder = temporaryFolder();
  await init(folder.path);
  const at = (name: string): string => join(folder.path, "mesh", name);
  const seed = readFileSync(at("operator/signing.seed"), "utf8");
  renameSync(at("operator/operator.jwt"), at("operator/lost.jwt"));
  renameSync(at("server/nats-server.conf"), at("server/lost.conf"));
  const { exit } = await init(folder.path);
  assert.equal(exit, 0);
  assert.equal(readFileSync(at("operator/signing.seed"), "utf8"), seed);
  assert.ok(existsSync(at("operator/operator.jwt")) && existsSync(at("server/nats-server.conf")));
});

test("an operator or account whose JWT is lost is not replaced while its master seed is away", async () => {
  using folder = temporaryFolder();
  await init(folder.path);
  const at = (name: string): string => join(folder.path, "mesh", name);
  for (const [jwt, master] of [
    ["operator/operator.jwt", "operator/master.seed"],
    ["accounts/main/account.jwt", "accounts/main/master.seed"],
  ] as const) {
    renameSync(at(jwt), at("kept.jwt"));
    renameSync(at(master), at("kept.seed"));
    const before = filesIn(folder.path);
    const terminal = new FakeTerminal({ cwd: folder.path });
    const command = jwt.startsWith("operator") ? ["init"] : ["apply", "--offline"];
    assert.equal(await run(command, terminal), 2);
    assert.match(terminal.complained, /master seed.* is not there .*put one of the two back/);
    assert.deepEqual(filesIn(folder.path), before);
    renameSync(at("kept.jwt"), at(jwt));
    renameSync(at("kept.seed"), at(master));
  }
  assert.equal((await init(folder.path)).exit, 0);
});

test("seeds, keys and credentials are their owner's only, and so are their folders", async () => {
  using folder = temporaryFolder();
  await init(folder.path);
  const secrets = [...filesIn(folder.path).keys()].filter((path) =>
    /\.(seed|creds|key|jsonl)$/.test(path),
  );
  assert.ok(secrets.length >= 10, `${secrets.length} secrets`);
  for (const path of secrets) assert.equal(statSync(path).mode & 0o777, 0o600, path);
  const folders = readdirSync(folder.path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const path of folders) assert.equal(statSync(path).mode & 0o777, 0o700, path);
});

test("init and apply print no seed", async () => {
  using folder = temporaryFolder();
  const said = [await init(folder.path), await init(folder.path, "--json")];
  const seeds = [...textsIn(folder.path).values()].flatMap(
    (text) => text.match(/\bS[OAU][A-Z2-7]{56}\b/g) ?? [],
  );
  assert.ok(seeds.length >= 7, `${seeds.length} seeds`);
  for (const { out, err } of said) {
    for (const seed of seeds) assert.ok(!`${out}${err}`.includes(seed));
  }
});

test("a mesh.yaml that is wrong, a wrong host and a wrong address leave no half-made home", async () => {
  using folder = temporaryFolder();
  for (const [args, why] of [
    [["--workspace", "Not a name"], /invalid_argument: .*mesh\.yaml:/],
    [["--hosts", "no host"], /hosts must be one or more host names/],
    [["--listen", "nowhere"], /listen must be host:port such as 127\.0\.0\.1:4222/],
    [["--days", "0"], /--days must be a whole number from 1 up/],
    [["--days", "100000"], /days must be a whole number from 1 to 3650/],
  ] as const) {
    const { exit, err } = await init(folder.path, ...args);
    assert.equal(exit, 2);
    assert.match(err, why);
    assert.deepEqual(filesIn(folder.path).size, 0, [...filesIn(folder.path).keys()].join(" "));
  }
});

test("with --mutual a client needs a certificate of the mesh beside its credentials", async () => {
  await using mesh = await HomeMesh.start({ clientCertificates: "required" });
  const env = {
    MYELIN_URL: mesh.server.url,
    MYELIN_CREDS: mesh.creds("ops"),
    MYELIN_CA: mesh.home.layout.tls.ca,
  };
  const bare = new FakeTerminal({ cwd: "/", env });
  assert.notEqual(await run(["agents"], bare), 0);
  assert.match(bare.complained, /certificate/i);
  const welcome = await mesh.run("agents", "--home", "mesh");
  assert.equal(welcome.err, `no agents on ${mesh.server.url}; \`myelin up\` starts some\n`);
  const applied = await mesh.run("apply", "--json");
  assert.equal(applied.exit, 0, applied.err);
});

test("a client that speaks plain text is not let in, and learns that TLS is asked for", async () => {
  await using mesh = await HomeMesh.start();
  const said = await new Promise<string>((resolve, reject) => {
    let text = "";
    const socket = dial(mesh.server.port, "127.0.0.1");
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\r\n")) socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(text));
  });
  assert.match(said, /"tls_required":true/);
  assert.doesNotMatch(said, /PONG/);
});

async function init(cwd: string, ...args: readonly string[]) {
  const terminal = new FakeTerminal({ cwd });
  const exit = await run(["init", ...args], terminal);
  return { exit, out: terminal.written, err: terminal.complained };
}
