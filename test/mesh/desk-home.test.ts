import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { certifyServer, openHome, renewIdentity, revokeIdentity } from "@myelin/mesh/operate";
import { DeskHome } from "../../services/desk/run/home.ts";
import { temporaryFolder } from "../support/folder.ts";

const read = (path: string) => readFileSync(path, "utf8");

test("the desk's home is made once, and used again as it is", async () => {
  using folder = temporaryFolder();
  const first = await DeskHome.prepare(folder.path);
  const { credentials, caFile } = first.pass("editor");
  const before = [credentials, caFile, join(folder.path, "operator", "operator.jwt")].map(read);
  const second = await DeskHome.prepare(folder.path);
  assert.deepEqual(second.pass("editor"), { credentials, caFile });
  const after = [credentials, caFile, join(folder.path, "operator", "operator.jwt")].map(read);
  assert.deepEqual(after, before);
  assert.equal(statSync(credentials).mode & 0o077, 0);
});

test("what was revoked, lost or ends soon does not stop the next run of the desk", async () => {
  using folder = temporaryFolder();
  const desk = await DeskHome.prepare(folder.path);
  const home = openHome(folder.path);
  const [lost, revoked, ending] = ["editor", "summarizer", "indexer"].map(
    (name) => desk.pass(name).credentials,
  );
  assert.ok(lost !== undefined && revoked !== undefined && ending !== undefined);
  rmSync(lost);
  await renewIdentity(home, { name: "indexer", workspace: "desk" }, { days: 2 });
  await certifyServer(home, { days: 2 });
  // Nothing is up: it is told to the servers when one starts.
  await revokeIdentity(home, { name: "summarizer", workspace: "desk" });
  const [wasRevoked, wasEnding] = [read(revoked), read(ending)];
  await DeskHome.prepare(folder.path);
  assert.ok(existsSync(lost));
  assert.notEqual(read(revoked), wasRevoked);
  assert.notEqual(read(ending), wasEnding);
  const { validTo } = new X509Certificate(read(home.layout.tls.server));
  assert.ok(new Date(validTo).getTime() > Date.now() + 300 * 86_400_000);
});

test("a server on a port of chance has a folder of its own, which goes with it", async () => {
  using folder = temporaryFolder();
  const desk = await DeskHome.prepare(folder.path);
  const usual = desk.configure({ port: 4222, isUsual: true });
  const chance = { port: 4999, isUsual: false };
  const other = desk.configure(chance);
  assert.notEqual(usual, other);
  await desk.forget(chance);
  assert.ok(existsSync(usual) && !existsSync(other));
});
