import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cacheFolder, findMesh, type Login, meshThatIsUp } from "../../../services/cli/place.ts";

const up = { url: "nats://127.0.0.1:4999", pid: process.pid };

test("the option wins over the environment, and that over the mesh that is up", () => {
  using folder = folderWith(up);
  const env = { MYELIN_URL: "nats://m:1", NATS_URL: "nats://n:1" };
  const { path } = folder;
  assert.deepEqual(findMesh("nats://o:1, nats://o:2", env, path), {
    servers: ["nats://o:1", "nats://o:2"],
    login: {},
    from: "--server",
  });
  assert.equal(findMesh(undefined, env, path).from, "MYELIN_URL");
  assert.equal(findMesh(undefined, { NATS_URL: "nats://n:1" }, path).from, "NATS_URL");
  assert.deepEqual(findMesh(undefined, { MYELIN_URL: "" }, path), {
    servers: [up.url],
    login: {},
    from: join(path, ".cache", "mesh.json"),
  });
});

test("the mesh that is up is found from a folder below", () => {
  using folder = folderWith(up);
  const below = join(folder.path, "a", "b");
  mkdirSync(below, { recursive: true });
  assert.equal(meshThatIsUp(below)?.url, up.url);
  assert.equal(cacheFolder(below), join(folder.path, ".cache"));
});

test("a login in a URL is taken out of what is shown", () => {
  const logins: readonly (readonly [string, readonly string[], Login])[] = [
    [
      "nats://me:s%40fe@host:4222, host",
      ["nats://host:4222", "host"],
      { user: "me", pass: "s@fe" },
    ],
    ["tls://token@host", ["tls://host"], { token: "token" }],
    ["me:50%@host", ["host"], { user: "me", pass: "50%" }],
    ["nats://host", ["nats://host"], {}],
  ];
  for (const [urls, servers, login] of logins) {
    assert.deepEqual(findMesh(urls, {}, "/"), { servers, login, from: "--server" });
  }
});

test("a state file of a program that died, or that is no state, counts for nothing", () => {
  for (const state of [{ ...up, pid: 2 ** 22 + 1 }, { ...up, pid: -1 }, { url: 5 }, "half"]) {
    using folder = folderWith(state);
    assert.deepEqual(findMesh(undefined, {}, folder.path), {
      servers: ["nats://127.0.0.1:4222"],
      login: {},
      from: "the default",
    });
  }
});

function folderWith(state: unknown): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "myelin-cli-"));
  mkdirSync(join(path, ".cache"));
  writeFileSync(join(path, ".cache", "mesh.json"), JSON.stringify(state));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
