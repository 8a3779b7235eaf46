import { Store, storeApiPrefix, stores, taskConsumer } from "@myelin/subjects";
import { type JetStreamClient, type JetStreamManager, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { eventually } from "../../libs/testing/eventually.ts";
import { patient } from "./dial.ts";

/** The streams' client as an agent has it: through its workspace, and without asking whether there are streams. */
export function storeOf(nc: NatsConnection): JetStreamClient {
  return jetstream(nc, { apiPrefix: storeApiPrefix, checkAPI: false } as never);
}

/** Makes streams of the mesh with so many copies, and bob's consumer of urgent tasks. */
export async function makeStores(
  jsm: JetStreamManager,
  replicas: number,
  names: readonly string[] = stores.map(({ name }) => name),
): Promise<void> {
  for (const shape of stores.filter(({ name }) => names.includes(name))) {
    const wanted = { ...shape, num_replicas: replicas } as never;
    await eventually(`${shape.name} is there`, () => jsm.streams.add(wanted), {
      timeoutMs: 20_000,
      everyMs: 200,
    });
  }
  const { stream, consumer } = taskConsumer("bob", "high");
  await jsm.consumers.add(stream, {
    durable_name: consumer,
    filter_subject: "mesh.task.bob.*.high.*",
    ack_policy: "explicit",
    ack_wait: 5e9,
  });
}

/** Works on bob's tasks, a few at a time; tells the bodies of those whose acknowledgement is acknowledged, or may be. */
export async function work(nc: NatsConnection, done: string[]): Promise<() => Promise<void>> {
  const { stream, consumer } = taskConsumer("bob", "high");
  const bob = await storeOf(nc).consumers.get(stream, consumer);
  const messages = await bob.consume({ max_messages: 8, expires: 2_000 });
  const working = (async () => {
    for await (const message of messages) {
      // Where no answer comes the server may have it all the same: then the task does not come again.
      if (await message.ackAck({ timeout: 2_000 }).catch(() => true)) done.push(message.string());
    }
  })();
  return async () => {
    await messages.close();
    await working;
  };
}

/** Submits a task, again and again under the same id until the store has it. */
export async function submit(nc: NatsConnection, body: string): Promise<void> {
  await eventually(
    `${body} is stored`,
    () =>
      storeOf(nc).publish("mesh.task.bob.wipe.high.carol", body, { msgID: body, timeout: 1_000 }),
    { timeoutMs: 20_000 },
  );
}

/** The newest body on a subject of the results, read directly. */
export async function result(nc: NatsConnection, subject: string): Promise<string> {
  const question = `${storeApiPrefix}.DIRECT.GET.${Store.results}.${subject}`;
  return (await nc.request(question, "", patient)).string();
}
