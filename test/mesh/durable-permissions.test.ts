import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import {
  configSubject,
  followConsumer,
  parseTaskSubject,
  priorities,
  Store,
  storeApi,
  storeApiPrefix,
  stores,
  taskConsumer,
} from "@myelin/subjects";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { createKey, formatCredentials, issueUser, keyFromSeed } from "../../libs/identity/index.ts";
import { HomeMesh } from "../support/home-mesh.ts";

const policy = `version: 1
workspaces:
  desk:
    guests: true
    agents:
      worker: { skills: [do], publishes: [work.done], hears: [boss.work.given] }
      boss:
        submits: [worker.do]
        publishes: [work.given]
        hears: [worker.*]
        follows: { diary: { from: beginning, events: [worker.work.done] } }
    roles:
      keeper: { members: [keeper] }
`;

const patient = { timeout: 20_000 };

/** A plain client, and what the server refused it. */
interface Joined {
  readonly nc: NatsConnection;
  readonly refused: string[];
}

async function joinAs(mesh: HomeMesh, name: string, credentials: string): Promise<Joined> {
  const nc = await connect({
    servers: mesh.server.url,
    tls: { caFile: mesh.home.layout.tls.ca },
    authenticator: credsAuthenticator(new TextEncoder().encode(credentials)),
    inboxPrefix: `_INBOX.${name}`,
    reconnect: false,
  });
  const refused: string[] = [];
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === "error") refused.push(status.error.message);
    }
  })();
  return { nc, refused };
}

const member = (mesh: HomeMesh, name: string, account = "desk"): Promise<Joined> =>
  joinAs(mesh, name, readFileSync(mesh.creds(name, account), "utf8"));

async function guest(mesh: HomeMesh, name: string): Promise<Joined> {
  const folder = dirname(mesh.creds("boss"));
  const { account } = JSON.parse(readFileSync(join(folder, "guest.json"), "utf8"));
  const signer = keyFromSeed(readFileSync(join(folder, "guest.seed"), "utf8").trim());
  const user = createKey("user");
  const jwt = await issueUser({ name, user: user.publicKey, account, signer });
  return joinAs(mesh, name, formatCredentials(jwt, user));
}

/** Every stream, and the consumers of these workers and of boss's diary, made by keeper. */
async function provision(mesh: HomeMesh, workers: readonly string[]): Promise<Joined> {
  const keeper = await member(mesh, "keeper", "desk-store");
  const jsm = await jetstreamManager(keeper.nc);
  for (const shape of stores) await jsm.streams.add(shape as never);
  for (const worker of workers) {
    for (const priority of priorities) {
      const { stream, consumer } = taskConsumer(worker, priority);
      await jsm.consumers.add(stream, {
        durable_name: consumer,
        filter_subject: `mesh.task.${worker}.*.${priority}.*`,
        ack_policy: "explicit",
      });
    }
  }
  const { stream, consumer } = followConsumer("boss", "diary");
  await jsm.consumers.add(stream, {
    durable_name: consumer,
    filter_subject: "mesh.event.worker.work.done",
    ack_policy: "explicit",
  });
  return keeper;
}

function hearing({ nc }: Joined, subject: string): string[] {
  const heard: string[] = [];
  nc.subscribe(subject, { callback: (_error, message) => void heard.push(message.subject) });
  return heard;
}

/** Takes the next message of a consumer and acknowledges it; the answer is its subject. */
async function work({ nc }: Joined, stream: string, consumer: string): Promise<string> {
  const js = jetstream(nc, { apiPrefix: storeApiPrefix });
  const message = await (await js.consumers.get(stream, consumer)).next({ expires: 20_000 });
  assert.ok(message !== null, `nothing came from ${consumer}`);
  assert.ok(await message.ackAck(), `no answer to the acknowledgement on ${consumer}`);
  return message.subject;
}

async function stored({ nc }: Joined, subject: string, body: string): Promise<void> {
  const answer = await nc.request(subject, body, patient);
  assert.equal(
    answer.json<{ error?: unknown }>().error,
    undefined,
    `${subject}: ${answer.string()}`,
  );
}

test("what mesh.yaml grants is enough for durable work, and the server refuses none of it", async () => {
  await using mesh = await HomeMesh.start({ mesh: policy });
  const keeper = await provision(mesh, ["worker"]);
  const [boss, worker] = [await member(mesh, "boss"), await member(mesh, "worker")];
  const results = hearing(boss, "mesh.result.boss.>");
  const events = hearing(boss, "mesh.event.worker.>");
  const given = hearing(worker, "mesh.event.boss.work.given");
  const rules = hearing(worker, "mesh.config.>");
  await Promise.all([boss.nc.flush(), worker.nc.flush()]);

  await stored(boss, "mesh.task.worker.do.high.boss", "now");
  await stored(boss, "mesh.later.worker.do.boss", "later");
  await stored(boss, "mesh.event.boss.work.given", "you have work");
  const { stream, consumer } = taskConsumer("worker", "high");
  const task = parseTaskSubject(await work(worker, stream, consumer));
  assert.equal(task.ok && task.value.submitter, "boss");
  const final = "mesh.result.boss.t1.final.worker";
  await stored(worker, "mesh.result.boss.t1.working.worker", "half");
  await stored(worker, final, "done");
  await stored(worker, "mesh.event.worker.work.done", "well");
  await stored(worker, "mesh.dead.task.worker.do.t2.0", "could not");
  await stored(keeper, configSubject("rules"), "{}");

  for (const reader of [boss, worker]) {
    const last = await reader.nc.request(storeApi.last(Store.results, final), "", patient);
    assert.equal(last.string(), "done");
  }
  const rule = storeApi.last(Store.config, configSubject("rules"));
  const config = await worker.nc.request(rule, "", patient);
  assert.equal(config.string(), "{}");
  const diary = followConsumer("boss", "diary");
  assert.equal(await work(boss, diary.stream, diary.consumer), "mesh.event.worker.work.done");
  await eventually("everything was heard live", () => results.length === 2 && rules.length === 1);
  assert.deepEqual(
    [events, given],
    [["mesh.event.worker.work.done"], ["mesh.event.boss.work.given"]],
  );
  for (const { nc, refused } of [boss, worker, keeper]) {
    await nc.close();
    assert.deepEqual(refused, []);
  }
});

test("a guest takes its own tasks: the template fits into a consumer's name", async () => {
  await using mesh = await HomeMesh.start({ mesh: policy });
  const keeper = await provision(mesh, ["joe"]);
  const joe = await guest(mesh, "joe");
  await stored(joe, "mesh.task.joe.do.normal.joe", "mine");
  const { stream, consumer } = taskConsumer("joe", "normal");
  assert.equal(await work(joe, stream, consumer), "mesh.task.joe.do.normal.joe");
  await stored(joe, "mesh.event.joe.was.here", "");
  for (const { nc, refused } of [joe, keeper]) {
    await nc.close();
    assert.deepEqual(refused, []);
  }
});
