import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Store, taskConsumer } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { startCluster, type TestCluster } from "../../../libs/testing/cluster.ts";
import { eventually } from "../../../libs/testing/eventually.ts";
import { dial } from "../../support/dial.ts";
import { makeStores, result, storeOf, submit, work } from "../../support/store-work.ts";

const policy = `
version: 1
workspaces:
  desk:
    agents:
      bob: { skills: [wipe] }
      carol: { skills: [sum], submits: [bob.wipe] }
    roles:
      keeper: { members: [keeper] }
`;
const tasks = 150;

/** A plain client that comes back wherever there is a server. */
function enter(cluster: TestCluster, name: string, account: string): Promise<NatsConnection> {
  return dial({
    servers: [...cluster.urls],
    tls: { caFile: cluster.caFile },
    authenticator: credsAuthenticator(readFileSync(cluster.home.layout.creds(account).of(name))),
    inboxPrefix: `_INBOX.${name}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });
}

test("no task is lost when the server that leads their stream is killed under way", async (t) => {
  await using cluster = await startCluster({ policy });
  const login = async (name: string, account = "desk"): Promise<NatsConnection> => {
    const nc = await enter(cluster, name, account);
    t.after(() => nc.close());
    return nc;
  };
  const keeper = await login("keeper", "desk-store");
  const jsm = await eventually("there are streams", () => jetstreamManager(keeper), {
    timeoutMs: 20_000,
  });
  await makeStores(jsm, 3, [Store.tasks, Store.results]);
  const [bob, carol] = [await login("bob"), await login("carol")];
  const done: string[] = [];
  const stop = await work(bob, done);
  for (let n = 0; n < tasks; n++) {
    await submit(carol, String(n));
    if (n === tasks / 3) await killLeader(cluster, jsm);
  }
  // An acknowledgement that died with the leader is missing: its task comes once more.
  const isOver = async () => (await open(jsm)) === 0 && new Set(done).size === tasks;
  await eventually("all are done, and none comes again", isOver, { timeoutMs: 45_000 });
  await stop();
  await storeOf(bob).publish("mesh.result.carol.t1.final.bob", "42", { retries: 20 });
  // Whichever server is asked answers, also one that has not written it yet.
  const final = () => result(carol, "mesh.result.carol.t1.final.bob");
  await eventually("the result can be read", async () => (await final()) === "42");
  await noForgedTask(bob, jsm);
});

/** How many tasks are to be delivered or acknowledged still. */
async function open(jsm: Manager): Promise<number> {
  const { stream, consumer } = taskConsumer("bob", "high");
  const { num_pending, num_ack_pending } = await jsm.consumers.info(stream, consumer);
  return num_pending + num_ack_pending;
}

/** A stored message that is published as another's task by way of another server is heard, and not stored. */
async function noForgedTask(bob: NatsConnection, jsm: Manager): Promise<void> {
  const forged = "mesh.task.bob.wipe.high.mallory";
  const get = `mesh.js.DIRECT.GET.${Store.results}.mesh.result.carol.t1.final.bob`;
  const { state: before } = await jsm.streams.info(Store.tasks);
  for (let n = 0; n < 10; n++) bob.publish(get, "", { reply: forged });
  // A later answer says that these are out.
  await bob.flush();
  await result(bob, "mesh.result.carol.t1.final.bob");
  const { state: after } = await jsm.streams.info(Store.tasks);
  assert.equal(after.last_seq, before.last_seq);
}

type Manager = Awaited<ReturnType<typeof jetstreamManager>>;

async function killLeader(cluster: TestCluster, jsm: Manager): Promise<void> {
  const { cluster: group } = await jsm.streams.info(Store.tasks);
  const at = Number(/node-(\d)/.exec(group?.leader ?? "")?.[1]) - 1;
  await cluster.nodes[at]?.kill();
}
