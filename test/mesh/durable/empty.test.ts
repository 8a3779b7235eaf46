import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deliveries } from "../../support/event-facts.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

test("an empty message without headers takes no other one with it", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  const crm = await home.connect("crm");
  const note = on(accounts, "user.signed-up", ({ user }) => void seen.push(user));
  await crm.follow("users", [note]);
  // To the server it ends a stream of answers; what the same pull is sent after it reaches nobody.
  const plain = await joinPlain(home, "accounts");
  plain.publish("mesh.event.accounts.user.signed-up", "");
  await plain.flush();
  await plain.close();
  const publisher = await home.connect("accounts");
  const users = ["ada", "bob", "eve"];
  for (const user of users) await publisher.publish(accounts, "user.signed-up", { user });
  await eventually("they are handled", () => seen.length === users.length, { timeoutMs: 15_000 });
  assert.deepEqual([seen, await deliveries(home, "crm=users")], [users, users.length + 1]);
});
