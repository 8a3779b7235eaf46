import assert from "node:assert/strict";
import { eventually } from "@myelin/mesh/testing";
import { Store, storeApiPrefix, taskConsumer } from "@myelin/subjects";
import { jetstream } from "@nats-io/jetstream";
import type { HomeMesh } from "./home-mesh.ts";
import { inStore, joinPlain } from "./stores.ts";

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

/** Asks for another task where none is delivered any more, until the server has told of so many that it gave up. */
export async function askInVain(home: HomeMesh, many = 1): Promise<void> {
  const worker = await joinPlain(home, "painter");
  const js = jetstream(worker, { apiPrefix: storeApiPrefix });
  const { stream, consumer } = taskConsumer("painter", "normal");
  const tasks = await js.consumers.get(stream, consumer);
  const told = (): Promise<number> =>
    inStore(home, async (jsm) => (await jsm.streams.info(Store.advisories)).state.messages);
  // It tells while somebody asks: a question may be over before that, where the machine stands still.
  await eventually("the server has told it", async () => {
    assert.equal(await tasks.next({ expires: 2_000 }), null);
    return (await told()) >= many;
  });
  await worker.close();
}
