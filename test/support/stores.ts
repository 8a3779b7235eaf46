import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { priorities, stores, taskConsumer } from "@myelin/subjects";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { dial } from "./dial.ts";
import { HomeMesh } from "./home-mesh.ts";

/** How the consumers of tasks differ from the usual. */
export interface StoredMeshOptions {
  /** How long a task may be with a worker that says nothing, in milliseconds. Default: 30 s. */
  readonly ackWaitMs?: number;
  /** Deliveries until the server gives up. Default: 20, as `apply` has it. */
  readonly maxDeliver?: number;
}

const nanosecondsPerMs = 1e6;

/** A mesh with its streams, and the consumers of these workers. */
export async function storedMesh(
  mesh: string,
  workers: readonly string[],
  options: StoredMeshOptions = {},
): Promise<HomeMesh> {
  const home = await HomeMesh.start({ mesh });
  try {
    const applied = await home.run("apply");
    assert.equal(applied.exit, 0, applied.err);
    const keeper = await joinStore(home);
    await makeStores(keeper, workers, options);
    await keeper.close();
    return home;
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw error;
  }
}

/** What a worker had that died comes again this much later from now on, in milliseconds. */
export function hurryTasks(home: HomeMesh, worker: string, ackWaitMs: number): Promise<void> {
  return inStore(home, async (jsm) => {
    for (const priority of priorities) {
      const { stream, consumer } = taskConsumer(worker, priority);
      await jsm.consumers.update(stream, consumer, { ack_wait: ackWaitMs * nanosecondsPerMs });
    }
  });
}

/** The keeper, where the streams are. */
export async function joinStore(home: HomeMesh, workspace = "desk"): Promise<NatsConnection> {
  return joinPlain(home, "keeper", `${workspace}-store`);
}

/** Looks into the store, as keeper. */
export async function inStore<T>(
  home: HomeMesh,
  look: (jsm: JetStreamManager) => Promise<T>,
): Promise<T> {
  const nc = await joinStore(home);
  try {
    return await look(await jetstreamManager(nc));
  } finally {
    await nc.close();
  }
}

/** A plain client under a name of the mesh. */
export async function joinPlain(
  home: HomeMesh,
  name: string,
  account = "desk",
): Promise<NatsConnection> {
  return dial({
    servers: home.server.url,
    tls: { caFile: home.home.layout.tls.ca },
    authenticator: credsAuthenticator(readFileSync(home.creds(name, account))),
    inboxPrefix: `_INBOX.${name}`,
    reconnect: false,
  });
}

async function makeStores(
  keeper: NatsConnection,
  workers: readonly string[],
  { ackWaitMs = 30_000, maxDeliver = 20 }: StoredMeshOptions,
): Promise<void> {
  const jsm = await jetstreamManager(keeper);
  const there = new Set((await jsm.streams.list().next()).map(({ config }) => config.name));
  for (const shape of stores) if (!there.has(shape.name)) await jsm.streams.add(shape as never);
  for (const worker of workers) {
    for (const priority of priorities) {
      const { stream, consumer } = taskConsumer(worker, priority);
      const known = await jsm.consumers.list(stream).next();
      const config = {
        durable_name: consumer,
        filter_subject: `mesh.task.${worker}.*.${priority}.*`,
        ack_policy: "explicit",
        ack_wait: ackWaitMs * nanosecondsPerMs,
        max_deliver: maxDeliver,
      } as const;
      // What apply made stays, with the wait that this test wants.
      if (known.some(({ name }) => name === consumer)) {
        const { filter_subject, ack_wait, max_deliver } = config;
        const filter_subjects = [filter_subject];
        await jsm.consumers.update(stream, consumer, { filter_subjects, ack_wait, max_deliver });
      } else {
        await jsm.consumers.add(stream, config);
      }
    }
  }
}
