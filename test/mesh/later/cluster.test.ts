import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { connect } from "@myelin/mesh";
import { applyPlan, planApply, readMeshFile } from "@myelin/mesh/operate";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { credsAuthenticator } from "@nats-io/transport-node";
import { startCluster, type TestCluster } from "../../../libs/testing/cluster.ts";
import { startKeeper } from "../../../services/keeper/keeper.ts";
import { dial } from "../../support/dial.ts";
import { idsOfTasks, soon } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";

const many = 400;

async function startStored(): Promise<TestCluster> {
  const cluster = await startCluster({ policy: painterMesh });
  const { home, urls: servers } = cluster;
  const plan = await planApply(home, readMeshFile(painterMesh, "m"), painterMesh);
  const [desk] = (await applyPlan(home, plan, { reach: { servers } })).stores;
  assert.equal(desk?.failure, undefined);
  return cluster;
}

test("the node that leads the schedules is killed while they fire: each comes once, and crons go on", async () => {
  await using cluster = await startStored();
  const { home, urls } = cluster;
  const tls = { caFile: cluster.caFile };
  const nc = await dial({
    ...{ servers: [...urls], tls, inboxPrefix: "_INBOX.keeper" },
    authenticator: credsAuthenticator(readFileSync(home.layout.creds("desk-store").of("keeper"))),
  });
  const jsm = await jetstreamManager(nc, { timeout: 10_000 });
  await using _keeper = await startKeeper({
    ...{ servers: urls, tls, logger: { info: () => {}, warn: () => {} } },
    credentials: home.layout.creds("desk").of("keeper"),
    storeCredentials: home.layout.creds("desk-store").of("keeper"),
  });
  await using boss = await connect({ ...cluster.accessTo("desk"), name: "boss" });
  const { paint } = boss.client(painter);
  await paint.schedule({ what: "a fence" }, { id: "fence", cron: "* * * * * *" });
  const began = Date.now() + 5_000;
  await Promise.all(
    Array.from({ length: many }, (_, n) =>
      // Over two seconds, so that some fire before, while and after there is a leader.
      paint.submit({ what: "a gate" }, { id: `gate-${n}`, at: new Date(began + n * 5) }),
    ),
  );
  const count = async (): Promise<number> => (await jsm.streams.info(Store.tasks)).state.messages;
  await soon("some have fired", async () => (await count()) > 50);
  const leader = (await jsm.streams.info(Store.schedules)).cluster?.leader;
  const at = Number(leader?.split("-").at(-1)) - 1;
  await cluster.nodes[at]?.kill();
  const all = async (): Promise<string[]> => {
    const ids = await idsOfTasks(jsm);
    return new Set(ids.filter((id) => id.startsWith("gate-"))).size === many ? ids : [];
  };
  const first = (
    await soon("all have come", async () => {
      const ids = await all();
      return ids.length > 0 && ids;
    })
  ).length;
  await cluster.nodes[at]?.restart();
  const ids = await soon("the cron goes on", async () => {
    const now = await all();
    return now.length > first && now;
  });
  const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
  assert.deepEqual(twice, []);
  await nc.close();
});
