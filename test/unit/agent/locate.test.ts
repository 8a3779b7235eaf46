import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { locate } from "@myelin/mesh";

const url = "nats://127.0.0.1:4999";
const usual = "nats://127.0.0.1:4222";

test("a program finds the mesh that is up in a folder above, with its credentials and its authority", () => {
  using folder = Folder.with({
    ".cache/mesh.json": { url, pid: process.pid, home: ".cache/mesh" },
    ".cache/mesh/creds/desk/me.creds": "",
    ".cache/mesh/creds/desk-store/keeper.creds": "",
    ".cache/mesh/creds/SYS/system.creds": "",
    "a/b/program.ts": "",
  });
  assert.deepEqual(locate({}, folder.at("a/b")), {
    servers: [url],
    credentials: { folder: folder.at(".cache/mesh/creds/desk") },
    tls: { caFile: folder.at(".cache/mesh/tls/ca.pem") },
    from: folder.at(".cache/mesh.json"),
  });
});

test("the URL of the mesh that is up stands for that mesh, another one stands for itself", () => {
  using folder = Folder.with({
    ".cache/mesh.json": { url, pid: process.pid, home: ".cache/mesh" },
    ".cache/mesh/creds/desk/me.creds": "",
  });
  const { credentials, from } = locate({ NATS_URL: url }, folder.path);
  assert.deepEqual(credentials, { folder: folder.at(".cache/mesh/creds/desk") });
  assert.equal(from, "NATS_URL");
  const other = locate({ NATS_URL: "nats://n:1" }, folder.path);
  assert.deepEqual(other, { servers: ["nats://n:1"], from: "NATS_URL" });
});

test("the environment names a mesh by its URL and files, and our variables win over those of the nats CLI", () => {
  using folder = Folder.with({ "creds/me.creds": "" });
  const env = { NATS_URL: "nats://n:1", NATS_CA: "/n/ca.pem", NATS_CREDS: "me.creds" };
  assert.deepEqual(locate(env, folder.path), {
    servers: ["nats://n:1"],
    credentials: folder.at("me.creds"),
    tls: { caFile: "/n/ca.pem" },
    from: "NATS_URL",
  });
  const ours = { MYELIN_URL: "tls://m:1,tls://m:2", MYELIN_CREDS: "creds", MYELIN_CA: "ca.pem" };
  const client = { MYELIN_CERT: "/c.pem", MYELIN_KEY: "/c.key" };
  assert.deepEqual(locate({ ...env, ...ours, ...client }, folder.path), {
    servers: ["tls://m:1", "tls://m:2"],
    credentials: { folder: folder.at("creds") },
    tls: { caFile: folder.at("ca.pem"), certFile: "/c.pem", keyFile: "/c.key" },
    from: "MYELIN_URL",
  });
});

test("a home is a mesh by itself, and single files may be others", () => {
  using folder = Folder.with({
    "home/mesh.json": { url },
    "home/creds/desk/me.creds": "",
    "home/creds/SYS/system.creds": "",
  });
  const home = folder.at("home");
  assert.deepEqual(locate({ MYELIN_HOME: "home" }, folder.path), {
    servers: [url],
    credentials: { folder: join(home, "creds/desk") },
    tls: { caFile: join(home, "tls/ca.pem") },
    from: "MYELIN_HOME",
  });
  const env = { MYELIN_HOME: home, MYELIN_URL: "nats://m:1", MYELIN_CERT: "/c", MYELIN_KEY: "/k" };
  assert.deepEqual(locate(env, folder.path), {
    servers: ["nats://m:1"],
    credentials: { folder: join(home, "creds/desk") },
    tls: { caFile: join(home, "tls/ca.pem"), certFile: "/c", keyFile: "/k" },
    from: "MYELIN_URL",
  });
});

test("a home with two workspaces asks which one, one without says what it should be", () => {
  using folder = Folder.with({ "creds/desk/me.creds": "", "creds/sales/me.creds": "" });
  const both = { MYELIN_HOME: folder.path };
  const message = /workspaces desk, sales; say which: MYELIN_WORKSPACE/;
  assert.throws(() => locate(both), { code: "invalid_argument", message });
  const { credentials } = locate({ ...both, MYELIN_WORKSPACE: "sales" });
  assert.deepEqual(credentials, { folder: folder.at("creds/sales") });
  const unknown = /has no workspace nosuch, only desk, sales$/;
  assert.throws(() => locate({ ...both, MYELIN_WORKSPACE: "nosuch" }), { message: unknown });
  const nowhere = { MYELIN_HOME: folder.at("nowhere") };
  assert.throws(() => locate(nowhere), { message: /nowhere is no home that `myelin init` made/ });
});

test("a login in a URL is taken out of what is shown", () => {
  const logins: readonly (readonly [string, readonly string[], unknown])[] = [
    [
      "nats://me:s%40fe@host:4222, host",
      ["nats://host:4222", "host"],
      { user: "me", pass: "s@fe" },
    ],
    ["tls://token@host", ["tls://host"], { token: "token" }],
    ["me:50%@host", ["host"], { user: "me", pass: "50%" }],
  ];
  for (const [urls, servers, nats] of logins) {
    assert.deepEqual(locate({ NATS_URL: urls }, "/"), { servers, nats, from: "NATS_URL" });
  }
});

test("a state file of a program that died, or that is no state, counts for nothing", () => {
  const pids = [2 ** 22 + 1, -1, 1.5, "1"];
  const states = [...pids.map((pid) => ({ url, pid })), { url: 5, pid: process.pid }, "half", null];
  for (const state of states) {
    using folder = Folder.with({ ".cache/mesh.json": state });
    assert.deepEqual(locate({}, folder.path), { servers: [usual], from: "the default" });
  }
});

test("a variable that is set to nothing is not set", () => {
  const env = { MYELIN_HOME: "", MYELIN_URL: "", NATS_URL: "", MYELIN_CREDS: "", MYELIN_CA: "" };
  assert.deepEqual(locate(env, "/"), { servers: [usual], from: "the default" });
});

/** A folder with these files; what is no text is written as JSON. */
class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "myelin-locate-"));

  static with(files: Readonly<Record<string, unknown>>): Folder {
    const folder = new Folder();
    for (const [name, content] of Object.entries(files)) {
      const path = folder.at(name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    }
    return folder;
  }

  at(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}
