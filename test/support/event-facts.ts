import { Store } from "@myelin/subjects";
import { type ConsumerUpdateConfig, jetstreamManager } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { patient } from "./dial.ts";
import type { HomeMesh } from "./home-mesh.ts";
import { inStore, joinStore } from "./stores.ts";

/** Changes the consumer of a subscription, as whoever keeps the streams may. */
export async function changeFollow(
  home: HomeMesh,
  consumer: string,
  change: ConsumerUpdateConfig,
): Promise<void> {
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  await jsm.consumers.update(Store.events, consumer, change);
  await keeper.close();
}

/** Makes a subscription's consumer anew: it begins again. */
export async function remakeFollow(home: HomeMesh, consumer: string): Promise<void> {
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  const { config } = await jsm.consumers.info(Store.events, consumer);
  await jsm.consumers.delete(Store.events, consumer);
  await jsm.consumers.add(Store.events, config);
  await keeper.close();
}

/** How much a subscription has not had yet, and how much it has not acknowledged. */
export async function owed(home: HomeMesh, consumer: string): Promise<number> {
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  const { num_pending, num_ack_pending } = await jsm.consumers.info(Store.events, consumer);
  await keeper.close();
  return num_pending + num_ack_pending;
}

/** How often a subscription has delivered, all together. */
export function deliveries(home: HomeMesh, consumer: string): Promise<number> {
  return inStore(home, async (jsm) => {
    const { delivered } = await jsm.consumers.info(Store.events, consumer);
    return delivered.consumer_seq;
  });
}

/** Puts an event there as a plain client does. */
export async function putEvent(
  nc: NatsConnection,
  subject: string,
  body: string | Uint8Array,
  lines: Readonly<Record<string, string>> = {},
): Promise<void> {
  const block = headers();
  for (const [name, value] of Object.entries(lines)) block.set(name, value);
  const answer = await nc.request(subject, body, { headers: block, ...patient });
  const { error } = answer.json<{ readonly error?: { readonly description: string } }>();
  if (error !== undefined) throw new TypeError(error.description);
}
