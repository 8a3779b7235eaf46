import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { meshThatIsUp } from "@myelin/mesh";
import { cacheFolder, findMesh, homeFolder, newHomeFolder } from "../../../services/cli/place.ts";

const up = { url: "nats://127.0.0.1:4999", pid: process.pid };

test("the option wins over the environment, and that over the mesh that is up", () => {
  using folder = folderWith(up);
  const env = { MYELIN_URL: "nats://m:1", NATS_URL: "nats://n:1" };
  const { path } = folder;
  assert.deepEqual(findMesh({ server: "nats://o:1, nats://o:2" }, env, path), {
    servers: ["nats://o:1", "nats://o:2"],
    from: "--server",
  });
  assert.equal(findMesh({}, env, path).from, "MYELIN_URL");
  assert.deepEqual(findMesh({}, { MYELIN_URL: "" }, path), {
    servers: [up.url],
    from: join(path, ".cache", "mesh.json"),
  });
});

test("the option keeps the files that the environment names", () => {
  const env = { MYELIN_URL: "nats://m:1", MYELIN_CREDS: "/me.creds", MYELIN_CA: "/ca.pem" };
  assert.deepEqual(findMesh({ server: "nats://o:1" }, env, "/"), {
    servers: ["nats://o:1"],
    credentials: "/me.creds",
    tls: { caFile: "/ca.pem" },
    from: "--server",
  });
});

test("the mesh that is up is found from a folder below", () => {
  using folder = folderWith(up);
  const below = join(folder.path, "a", "b");
  mkdirSync(below, { recursive: true });
  assert.equal(meshThatIsUp(below)?.url, up.url);
  assert.equal(cacheFolder(below), join(folder.path, ".cache"));
});

test("a state file of a program that died, or that is no state, counts for nothing", () => {
  for (const state of [{ ...up, pid: 2 ** 22 + 1 }, { ...up, pid: -1 }, { url: 5 }, "half"]) {
    using folder = folderWith(state);
    assert.equal(meshThatIsUp(folder.path), undefined);
  }
});

test("a home is found with the mesh that is up, and made where one stands", () => {
  using folder = folderWith({ ...up, home: ".cache/mesh" });
  assert.equal(homeFolder(undefined, {}, folder.path), join(folder.path, ".cache", "mesh"));
  assert.equal(newHomeFolder(undefined, {}, folder.path), join(folder.path, "mesh"));
  for (const find of [homeFolder, newHomeFolder]) {
    assert.equal(
      find(undefined, { MYELIN_HOME: "named" }, folder.path),
      join(folder.path, "named"),
    );
    assert.equal(find("said", { MYELIN_HOME: "named" }, folder.path), join(folder.path, "said"));
  }
});

function folderWith(state: unknown): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "myelin-cli-"));
  mkdirSync(join(path, ".cache"));
  writeFileSync(join(path, ".cache", "mesh.json"), JSON.stringify(state));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("a home that is named comes with its own files, whatever the environment names", () => {
  const path = mkdtempSync(join(tmpdir(), "myelin-place-"));
  mkdirSync(join(path, "creds", "desk"), { recursive: true });
  writeFileSync(join(path, "mesh.json"), JSON.stringify({ url: "nats://h:1" }));
  const env = { MYELIN_URL: "nats://m:1", MYELIN_CREDS: "/me.creds", NATS_CA: "/ca.pem" };
  assert.deepEqual(findMesh({ home: path }, env, "/"), {
    servers: ["nats://h:1"],
    credentials: { folder: join(path, "creds", "desk") },
    tls: { caFile: join(path, "tls", "ca.pem") },
    from: "--home",
  });
  assert.equal(findMesh({ home: path, creds: "/x.creds" }, env, "/").credentials, "/x.creds");
  mkdirSync(join(path, "creds", "sales"));
  const { credentials } = findMesh({ home: path, workspace: "sales" }, env, "/");
  assert.deepEqual(credentials, { folder: join(path, "creds", "sales") });
  rmSync(path, { recursive: true });
});
