import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, type MeshCode, on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { purge } from "../../support/durable-facts.ts";
import { changeFollow, owed } from "../../support/event-facts.ts";
import { HomeMesh } from "../../support/home-mesh.ts";
import { joinStore, storedMesh } from "../../support/stores.ts";

const says = (code: MeshCode, text: RegExp) => (error: unknown) =>
  isMeshError(error, code) && text.test(error.message);
const signedUp = on(accounts, "user.signed-up", () => {});

test("following fails clearly where there are no streams, and where its consumer is not there", async () => {
  await using bare = await HomeMesh.start({ mesh: accountsMesh });
  const early = await bare.connect("crm");
  await assert.rejects(
    early.follow("users", [signedUp]),
    says("unavailable", /CONSUMER\.INFO\.MESH_EVENTS\.crm=users: .*myelin apply/),
  );
  await using home = await storedMesh(accountsMesh, []);
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  await jsm.consumers.delete(Store.events, "crm=users");
  const crm = await home.connect("crm");
  await assert.rejects(
    crm.follow("users", [signedUp]),
    says("unavailable", /there is no such consumer; make it with `myelin apply`/),
  );
  await jsm.streams.delete(Store.events);
  await keeper.close();
  await assert.rejects(
    crm.follow("users", [signedUp]),
    says("unavailable", /make (it|them) with `myelin apply`/),
  );
});

test("a consumer that somebody made otherwise is refused before anything is taken from it", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  await jsm.consumers.delete(Store.events, "crm=users");
  await jsm.consumers.add(Store.events, { durable_name: "crm=users", ack_policy: "none" });
  await keeper.close();
  const crm = await home.connect("crm");
  await assert.rejects(
    crm.follow("users", [signedUp]),
    says(
      "unavailable",
      /crm=users of MESH_EVENTS is not as events need it.*acknowledge explicitly/,
    ),
  );
});

test("a follower goes on when its consumer, or all events, were taken away meanwhile and are back", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  const crm = await home.connect("crm");
  await crm.follow("users", [on(accounts, "user.signed-up", ({ user }) => void seen.push(user))]);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await eventually("the first", () => seen.length === 1);
  await purge(home, Store.events);
  const keeper = await joinStore(home);
  const jsm = await jetstreamManager(keeper);
  const { config } = await jsm.consumers.info(Store.events, "crm=users");
  await jsm.consumers.delete(Store.events, "crm=users");
  await jsm.consumers.add(Store.events, config);
  await keeper.close();
  await changeFollow(home, "crm=users", { ack_wait: 900e6 });
  await publisher.publish(accounts, "user.signed-up", { user: "bob" });
  await eventually("the next one", () => seen.includes("bob"), { timeoutMs: 40_000 });
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
  assert.deepEqual(seen, ["ada", "bob"]);
});
