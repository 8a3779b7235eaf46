import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { CliMesh } from "../support/cli-mesh.ts";

interface Told {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly is: string;
    readonly what: string;
    readonly found: string;
  }[];
}

test("doctor finds nothing wrong with a mesh that is well", async () => {
  await using mesh = await CliMesh.start(2, { jetstream: true });
  const what = ["node", "server", "version", "round trip", "clock", "agents", "clocks"];
  // Whose answer was under way while the machine stood still seems to have another time.
  const found = await eventually("all of it is well", async () => {
    const told = (await mesh.json(["doctor"])) as Told;
    assert.equal(told.ok, true);
    const checks = new Map(told.checks.map((check) => [check.what, check]));
    for (const one of what) assert.equal(checks.get(one)?.is, "ok", one);
    return checks;
  });
  assert.match(found.get("version")?.found ?? "", /^nats-server 2\.\d+\.\d+/);
  assert.equal(found.get("jetstream")?.found, "yes");
  assert.equal(found.get("agents")?.found, "1 agent, 2 instances");
  assert.match(found.get("library")?.found ?? "", /^\d+\.\d+\.\d+/);
});

test("doctor has one line a check for people, and ends with what to make of it", async () => {
  await using mesh = await CliMesh.start(0, { config: "max_payload: 32768" });
  const { exit, out } = await mesh.run(["doctor"], { env: { PATH: "" }, cwd: "/" });
  assert.equal(exit, 0);
  assert.match(out, /^ok {4}node {10}\d/m);
  assert.match(out, /^warn {2}nats {10}not found\n {20}to look inside/m);
  assert.match(out, /^warn {2}max payload {3}32768 bytes\n {20}raise max_payload/m);
  assert.match(out, /^ok {4}jetstream {5}no;/m);
  assert.match(out, /^warn {2}agents {8}none\n {20}start an agent/m);
  assert.match(out, /\nworks, with 4 warnings\n$/);
});

test("doctor fails when no server is there, and says what to do", async () => {
  await using mesh = await CliMesh.start(0);
  await mesh.mesh.server.stop();
  const { exit, out } = await mesh.run(["doctor"]);
  assert.equal(exit, 1);
  assert.match(out, /^fail {2}server {8}cannot connect to nats:.*\(from MYELIN_URL\)/m);
  assert.match(out, /start a mesh with `myelin up`/);
  assert.match(out, /\n1 problem, /);
});
