import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "@myelin/mesh";
import { applyPlan, initHome, observe, planApply, readMeshFile } from "@myelin/mesh/operate";
import { startNats } from "@myelin/mesh/testing";
import { temporaryFolder } from "../support/folder.ts";

const conf = readFileSync(new URL("../../nats-server.conf", import.meta.url), "utf8");

const mesh = `
version: 1
workspaces:
  main:
    agents:
      asker: { skills: [], calls: [greeter.greet] }
      greeter: { skills: [greet] }
    roles:
      operator: { members: [ops] }
`;

test("nats-server.conf is a whole mesh as soon as myelin init has made its home", async () => {
  using folder = temporaryFolder();
  const { home } = await initHome({ folder: join(folder.path, "mesh"), mesh });
  const config = conf
    .replace(/^listen:.*$/m, "")
    .replaceAll('"mesh/', `"${join(folder.path, "mesh")}/`);
  await using server = await startNats({ config });
  const { creds, tls } = home.layout;
  const access = { servers: [server.url], tls: { caFile: tls.ca } };
  const credentials = { folder: creds("main").folder };
  await using ops = await observe({ ...access, credentials, name: "ops" });
  const { jetstream, maxPayload } = await ops.server();
  assert.deepEqual({ jetstream, maxPayload }, { jetstream: true, maxPayload: 1_048_576 });
  await assert.rejects(connect({ ...access, name: "ops" }), { code: "permission_denied" });
  // The accounts change while it runs.
  const grown = mesh.replace("greeter: {", "painter: { skills: [paint] }\n      greeter: {");
  const plan = await planApply(home, readMeshFile(grown, "mesh.yaml"), grown);
  const { accounts } = await applyPlan(home, plan, { reach: { servers: [server.url] } });
  assert.deepEqual(accounts, ["main"]);
  await using painter = await connect({ ...access, credentials, name: "painter" });
  assert.ok(painter.isUp);
});
