import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { applyPlan, didNothing, planApply, readMeshFile } from "@myelin/mesh/operate";
import { consumersOf, stores } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { credsAuthenticator } from "@nats-io/transport-node";
import { startCluster } from "../../../libs/testing/cluster.ts";
import { dial } from "../../support/dial.ts";
import { durableMesh } from "../../support/store-manager.ts";

test("on three nodes each stream and consumer has three copies", async () => {
  await using cluster = await startCluster({ policy: durableMesh });
  const { home, urls: servers } = cluster;
  const apply = async (text: string) =>
    applyPlan(home, await planApply(home, readMeshFile(text, "m"), text), { reach: { servers } });
  const [desk] = (await apply(durableMesh)).stores;
  assert.equal(desk?.failure, undefined);
  const policy = readMeshFile(durableMesh, "m").workspaces["desk"];
  assert.ok(policy);
  assert.equal(desk?.made.length, stores.length + consumersOf(policy).length);
  const nc = await dial({
    servers: [...servers],
    tls: { caFile: cluster.caFile },
    authenticator: credsAuthenticator(readFileSync(home.layout.creds("desk-store").of("keeper"))),
    inboxPrefix: "_INBOX.keeper",
  });
  const jsm = await jetstreamManager(nc);
  for (const { name } of stores) {
    const { config, cluster: group } = await jsm.streams.info(name);
    assert.deepEqual([config.num_replicas, group?.replicas?.length], [3, 2], name);
  }
  const consumer = await jsm.consumers.info("MESH_TASKS", "worker-high");
  assert.equal(consumer.cluster?.replicas?.length, 2);
  assert.ok(didNothing(await apply(durableMesh)));
  const fewer = durableMesh.replace("    roles:", "    replicas: 1\n    roles:");
  const [changed] = (await apply(fewer)).stores;
  assert.equal(changed?.failure, undefined);
  assert.equal((await jsm.streams.info("MESH_TASKS")).config.num_replicas, 1);
  await nc.close();
});
