import assert from "node:assert/strict";
import { test } from "node:test";
import { runNatsCli } from "@myelin/mesh/testing";
import { writeCliContext } from "../../../libs/testing/plain-client.ts";
import { HomeMesh } from "../../support/home-mesh.ts";
import { durableMesh, storeManager } from "../../support/store-manager.ts";

test("nats server check goes by what the streams say of themselves: a dead letter is a warning", async () => {
  await using mesh = await HomeMesh.start({ mesh: durableMesh });
  await mesh.run("apply");
  const file = mesh.creds("keeper", "desk-store");
  const { ca: caFile } = mesh.home.layout.tls;
  const { url } = mesh.server;
  const context = writeCliContext({ name: "keeper", file, caFile, url });
  const check = async (...args: readonly string[]): Promise<string> => {
    const options = { url, env: { NATS_CONTEXT: context } };
    const { code, stdout } = await runNatsCli(["server", "check", ...args], options);
    return `${code} ${stdout}`;
  };
  assert.match(await check("stream", "--stream=MESH_TASKS"), /^0 OK MESH_TASKS/);
  assert.match(
    await check("consumer", "--stream=MESH_TASKS", "--consumer=worker-high"),
    /^0 OK MESH_TASKS_worker-high/,
  );
  assert.match(await check("stream", "--stream=MESH_DEAD"), /^0 OK MESH_DEAD/);
  await using store = await storeManager(mesh);
  await store.jsm.jetstream().publish("mesh.dead.task.worker.do.t1.0", "{}");
  assert.match(await check("stream", "--stream=MESH_DEAD"), /^1 WARNING MESH_DEAD .*subjects=1;1;/);
});
