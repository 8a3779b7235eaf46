import { readFileSync } from "node:fs";
import type { Schedule } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import type { JetStreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import type { OutMessage } from "../../libs/durable/stored/store.ts";
import { parseCredentials, type Signer } from "../../libs/identity/index.ts";
import { patient } from "./dial.ts";
import type { HomeMesh } from "./home-mesh.ts";
import { inStore, joinPlain } from "./stores.ts";

const patience = { timeoutMs: 60_000, everyMs: 50 };

/** Waits for what takes as long as keepers and clocks take. */
export function soon<T>(what: string, check: () => T | Promise<T>) {
  return eventually(what, check, patience);
}

/** Everything that is listed. */
export async function all(schedules: AsyncIterable<Schedule>): Promise<Schedule[]> {
  const found: Schedule[] = [];
  for await (const schedule of schedules) found.push(schedule);
  return found;
}

/** Who a name of the mesh signs as. */
export function signerOf(home: HomeMesh, name: string): Signer {
  return parseCredentials(readFileSync(home.creds(name), "utf8"));
}

/** Sends a message by the hand of a plain client; what the server answered, or why it did not. */
export async function sendPlain(
  home: HomeMesh,
  name: string,
  { subject, payload, headers: given }: OutMessage,
): Promise<string> {
  const nc = await joinPlain(home, name);
  try {
    const head = headers();
    for (const [key, value] of given) if (value !== undefined) head.set(key, String(value));
    return (await nc.request(subject, payload, { headers: head, ...patient })).string();
  } catch (error) {
    return String(error);
  } finally {
    await nc.close();
  }
}

/** Whether what painter had for later under this name, as `boss.fence`, is a place that is kept, and fires no more. */
export function isTakenBack(home: HomeMesh, name: string): Promise<boolean> {
  const last_by_subj = `mesh.schedule.painter.paint.${name}`;
  return inStore(home, async (jsm) => {
    const place = await jsm.streams.getMessage(Store.schedules, { last_by_subj });
    return place !== null && !place.header.has("Nats-Schedule");
  });
}

/** What a keeper that died had in its hands goes to another one this much later, in milliseconds. */
export function hurryKeepers(home: HomeMesh, ackWaitMs: number): Promise<void> {
  return inStore(home, async (jsm) => {
    for (const stream of [Store.later, Store.schedules]) {
      await jsm.consumers.update(stream, "keeper", { ack_wait: ackWaitMs * 1e6 });
    }
  });
}

/** The id of every task that waits for its agent. */
export async function idsOfTasks(jsm: JetStreamManager): Promise<string[]> {
  const ids: string[] = [];
  const { last_seq } = (await jsm.streams.info(Store.tasks)).state;
  for (let seq = 1; seq <= last_seq; ) {
    const batch = await jsm.direct.getBatch(Store.tasks, { seq, batch: 1_000 });
    for await (const message of batch) {
      ids.push(message.header.get("Mesh-Id"));
      seq = message.seq + 1;
    }
  }
  return ids;
}
