import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { HomeMesh } from "../../support/home-mesh.ts";
import { MyelinProcess } from "../../support/myelin-process.ts";
import { painterMesh } from "../../support/painter.ts";
import { storedMesh } from "../../support/stores.ts";

test("myelin keeper answers probes, shows metrics, and ends with 0 when it is told to", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const env = { MYELIN_URL: home.server.url, MYELIN_HOME: home.home.folder, NATS_URL: undefined };
  const args = ["keeper", "--json", "--port", "0"];
  const keeper = new MyelinProcess(args, { cwd: home.cwd, env });
  await eventually(`it says where\n${keeper.err}`, () => keeper.out.endsWith("\n"));
  const { url } = JSON.parse(keeper.out) as { readonly url: string };
  await eventually("it is ready", async () => (await fetch(`${url}/readyz`)).status === 200);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /^# TYPE mesh_/m);
  await home.server.kill();
  await eventually("it is not ready", async () => (await fetch(`${url}/readyz`)).status === 503);
  keeper.kill("SIGTERM");
  assert.equal(await keeper.exit, 0, keeper.err);
});

test("a keeper without credentials of its role says what is missing", async () => {
  await using home = await storedMesh(
    painterMesh.replace("keeper: { members: [keeper] }", "keeper: { members: [warden, keeper] }"),
    ["painter"],
  );
  const env = { MYELIN_URL: home.server.url, MYELIN_HOME: home.home.folder, NATS_URL: undefined };
  const keeper = new MyelinProcess(["keeper", "--as", "nobody"], { cwd: home.cwd, env });
  assert.notEqual(await keeper.exit, 0);
  const advice =
    /nobody is no keeper in mesh\.yaml.*desk\.roles\.keeper\.members is \[warden, keeper\]: --as warden, or leave --as out/;
  assert.match(keeper.err, advice);
  const nowhere = new MyelinProcess(["keeper", "--store-creds", "nofile"], { cwd: home.cwd, env });
  assert.equal(await nowhere.exit, 2);
  assert.match(
    nowhere.err,
    /--store-creds names \/.*nofile, and there is no such file; without it/,
  );
  assert.doesNotMatch(keeper.err + nowhere.err, /identity add/);
  const help = new MyelinProcess(["keeper", "--help"], { cwd: home.cwd, env });
  assert.equal(await help.exit, 0);
  assert.match(help.out, /--as <name> +a keeper of mesh\.yaml; default: keeper/);
  const wrong = new MyelinProcess(["keeper", "--port", "http"], { cwd: home.cwd, env });
  assert.equal(await wrong.exit, 2);
  assert.match(wrong.err, /port of keeper's probes must be a whole number from 0 to 65535/);
});

test("where mesh.yaml has no keeper, the line that makes one is told", async () => {
  await using home = await HomeMesh.start();
  const { exit, err } = await home.run("keeper", "--home", "mesh");
  assert.equal(exit, 2);
  assert.match(
    err,
    /nobody is a keeper .*: add keeper: \{ members: \[keeper\] \} to .*desk\.roles/,
  );
});
