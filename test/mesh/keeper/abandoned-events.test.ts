import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { advisoryConsumer, Store, storeApiPrefix } from "@myelin/subjects";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadLetters, left } from "../../support/durable-facts.ts";
import { changeFollow } from "../../support/event-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { joinPlain, joinStore, storedMesh } from "../../support/stores.ts";

test("keeper writes the dead letter of an event that its follower dies of, once, and the event stays", async () => {
  await using home = await storedMesh(accountsMesh, []);
  await changeFollow(home, "crm=users", { ack_wait: 5e8, max_deliver: 2 });
  await using keeper = await joinKeeper(home);
  await using second = await joinKeeper(home);
  await eventually("keepers are at work", () => keeper.isUp && second.isUp);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" }, { id: "e1" });
  const follower = await joinPlain(home, "crm");
  const js = jetstream(follower, { apiPrefix: storeApiPrefix });
  const events = await js.consumers.get(Store.events, "crm=users");
  for (let died = 0; died < 2; died++) {
    assert.ok((await events.next({ expires: 10_000 })) !== null, `${died} were delivered`);
  }
  // The server says that it delivers no more while somebody asks again.
  await eventually("it is in the dead letters", async () => {
    assert.equal(await events.next({ expires: 1_000 }), null);
    return (await deadLetters(home)).length === 1;
  });
  await follower.close();
  const [letter] = await deadLetters(home);
  assert.match(letter?.subject ?? "", /^mesh\.dead\.event\.crm\.users\.1-[0-9a-z]+\.0$/);
  assert.deepEqual([letter?.code, letter?.body], ["unknown_outcome", '{"user":"ada"}']);
  assert.equal(letter?.header("Origin-ce-id"), "e1");
  assert.equal(await left(home, Store.events), 1);
});

test("the letter that keeper writes of an event tells the tries that its followers noted", async () => {
  await using home = await storedMesh(accountsMesh, []);
  await changeFollow(home, "crm=users", { ack_wait: 5e8, max_deliver: 3 });
  await using keeper = await joinKeeper(home);
  await eventually("keeper is at work", () => keeper.isUp);
  const publisher = await home.connect("accounts");
  const failing = await home.connect("crm");
  const failed = new Promise<void>((resolve) => {
    const fail = (): never => {
      setImmediate(resolve);
      throw new TypeError("no room");
    };
    void failing.follow("users", [on(accounts, "user.signed-up", fail)], {
      attempts: 5,
      firstDelayMs: 300,
    });
  });
  await publisher.publish(accounts, "user.signed-up", { user: "ada" }, { id: "e1" });
  await failed;
  await failing.drain();
  const follower = await joinPlain(home, "crm");
  const js = jetstream(follower, { apiPrefix: storeApiPrefix });
  const events = await js.consumers.get(Store.events, "crm=users");
  await eventually("it is in the dead letters", async () => {
    // Whoever takes what is left of its deliveries says nothing of them.
    await events.next({ expires: 1_000 });
    return (await deadLetters(home)).length === 1;
  });
  await follower.close();
  const [letter] = await deadLetters(home);
  const facts = JSON.parse(letter?.facts ?? "{}");
  const noted = facts.tries.map(({ error }: { readonly error: string }) => error);
  // One, or two where the machine stood still before the drain; the server delivered it three times.
  assert.ok(facts.attempts === noted.length && noted.length < 3, letter?.facts);
  assert.deepEqual(new Set(noted), new Set(["handler_failed"]));
});

test("what a consumer that is no subscription of mesh.yaml gave up leaves no letter, and keeps keeper from nothing", async () => {
  await using home = await storedMesh(accountsMesh, []);
  await using keeper = await joinKeeper(home);
  await eventually("keeper is at work", () => keeper.isUp);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" }, { id: "e1" });
  const store = await joinStore(home);
  const { consumers } = await jetstreamManager(store);
  await consumers.add(Store.events, {
    ...{ durable_name: "somebody", ack_policy: "explicit", ack_wait: 5e8, max_deliver: 1 },
  });
  const consumer = await jetstream(store).consumers.get(Store.events, "somebody");
  assert.ok((await consumer.next({ expires: 10_000 })) !== null);
  await eventually("the server has said so, and keeper has heard it", async () => {
    await consumer.next({ expires: 1_000 });
    const heard = await consumers.info(advisoryConsumer.stream, advisoryConsumer.consumer);
    return heard.ack_floor.stream_seq > 0 && heard.num_ack_pending + heard.num_pending === 0;
  });
  assert.deepEqual(await deadLetters(home), []);
  await store.close();
});
