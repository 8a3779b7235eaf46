import { Store } from "@myelin/subjects";
import type { JetStreamManager } from "@nats-io/jetstream";
import { type NatsConnection, headers as newHeaders } from "@nats-io/transport-node";
import { eventually } from "../../../libs/testing/eventually.ts";
import { patient } from "../dial.ts";
import { type HostileMesh, settled } from "./mesh.ts";

/** What carol has asked of bob, durably. */
export const bobsTask = "mesh.task.bob.wipe.high.carol";

/** All streams that agents write to, with a task for bob and one for mallory, both of carol. */
export async function withTasks(mesh: HostileMesh): Promise<JetStreamManager> {
  const jsm = await mesh.store(Store.tasks, Store.results, Store.events);
  const carol = await mesh.login("carol");
  await carol.request(bobsTask, "wipe it", patient);
  await carol.request("mesh.task.mallory.nice.high.carol", "be nice", patient);
  return jsm;
}

/** Takes the next of an agent's tasks; the answer is the subject where it is acknowledged. */
export async function take(
  mesh: HostileMesh,
  nc: NatsConnection,
  agent: string,
  timeout: number = patient.timeout,
): Promise<string> {
  const pull = `${mesh.api}.CONSUMER.MSG.NEXT.${Store.tasks}.${agent}-high`;
  // A pulled message keeps its own subject: nothing that sorts replies by subject finds it.
  const own = { noMux: true, timeout };
  const message = await nc.request(pull, JSON.stringify({ batch: 1, expires: 20e9 }), own);
  return message.reply ?? "";
}

/** Whether the newest message on a subject of a stream has this body. */
export async function holds(
  jsm: JetStreamManager,
  subject: string,
  body: string | undefined,
): Promise<boolean> {
  const stream = await jsm.streams.find(subject).catch(() => undefined);
  if (stream === undefined) return body === undefined;
  const message = await jsm.streams.getMessage(stream, { last_by_subj: subject });
  return message?.string() === body;
}

/** Mallory's own event, with headers that say more. */
export async function gossip(
  mesh: HostileMesh,
  said: Readonly<Record<string, string>>,
): Promise<NatsConnection> {
  const mallory = await mesh.login("mallory");
  const headers = newHeaders();
  for (const [name, value] of Object.entries(said)) headers.set(name, value);
  mallory.publish("mesh.event.mallory.gossip", "evil", { headers });
  return mallory;
}

/** Whether it comes true soon after the client has said what it had to say. */
export async function succeeds(
  mesh: HostileMesh,
  client: NatsConnection,
  check: () => Promise<boolean>,
  soonMs = 150,
): Promise<boolean> {
  await settled(client);
  const patience = { timeoutMs: mesh.within(soonMs) };
  return eventually("the attack succeeds", check, patience).catch(() => false);
}
