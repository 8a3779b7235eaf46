import assert from "node:assert/strict";
import { storeApiPrefix, taskConsumer } from "@myelin/subjects";
import { jetstream } from "@nats-io/jetstream";
import type { HomeMesh } from "./home-mesh.ts";
import { joinPlain } from "./stores.ts";

/** A worker of painter that takes tasks, so many deliveries, and dies of each before it can say anything. */
export async function takeAndDie(home: HomeMesh, times: number): Promise<void> {
  const worker = await joinPlain(home, "painter");
  const js = jetstream(worker, { apiPrefix: storeApiPrefix });
  const { stream, consumer } = taskConsumer("painter", "normal");
  const tasks = await js.consumers.get(stream, consumer);
  for (let taken = 0; taken < times; taken++) {
    assert.ok((await tasks.next({ expires: 15_000 })) !== null, `${taken} were delivered`);
  }
  await worker.close();
}

/** Asks for another task where none is delivered any more: with that the server tells which it has given up. */
export async function askInVain(home: HomeMesh): Promise<void> {
  const worker = await joinPlain(home, "painter");
  const js = jetstream(worker, { apiPrefix: storeApiPrefix });
  const { stream, consumer } = taskConsumer("painter", "normal");
  const tasks = await js.consumers.get(stream, consumer);
  assert.equal(await tasks.next({ expires: 2_000 }), null);
  await worker.close();
}
