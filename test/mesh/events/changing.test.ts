import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { dial, patient } from "../../support/dial.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import { owed } from "../../support/event-facts.ts";
import { storedMesh } from "../../support/stores.ts";

test("a subscription that is given more events keeps its place, and its followers go on", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  const crm = await home.connect("crm");
  const take = ({ user }: { user: string }, { name }: { name: string }) =>
    void seen.push(`${name} ${user}`);
  await crm.follow("users", [
    on(accounts, "user.signed-up", take),
    on(accounts, "user.left", take),
  ]);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await eventually("the first", () => seen.length === 1);
  await eventually("it is acknowledged", async () => (await owed(home, "crm=users")) === 0);
  const more = accountsMesh.replace(
    "accounts.user.left] }",
    "accounts.user.left, accounts.plan.changed] }",
  );
  writeFileSync(home.home.layout.meshFile, more);
  const applied = await home.run("apply");
  assert.equal(applied.exit, 0, applied.err);
  await publisher.publish(accounts, "user.left", { user: "ada" });
  await eventually("the second", () => seen.length === 2);
  assert.deepEqual(seen, ["user.signed-up ada", "user.left ada"]);
  assert.deepEqual(await deadLetters(home), []);
});

test("a subscription that shall begin elsewhere is refused, with what to do instead; nothing begins anew", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  const welcome = await home.connect("welcome");
  await welcome.follow("signups", [
    on(accounts, "user.signed-up", ({ user }) => void seen.push(user)),
  ]);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await eventually("it came", () => seen.length === 1);
  const elsewhere = accountsMesh.replace("signups: { from: now", "signups: { from: beginning");
  writeFileSync(home.home.layout.meshFile, elsewhere);
  const applied = await home.run("apply");
  assert.notEqual(applied.exit, 0);
  assert.match(applied.err, /welcome=signups.*begin anew and lose its place; follow under another/);
  await publisher.publish(accounts, "user.signed-up", { user: "bob" });
  await eventually("the next one came", () => seen.length === 2);
  assert.deepEqual(seen, ["ada", "bob"]);
});

test("an agent's card tells its events, with their schemas", async () => {
  await using mesh = await startMesh();
  const shop = { ...accounts, name: "shop" };
  const agent = await mesh.serve(shop, {});
  const nc = await dial(await mesh.options("ops"));
  const answer = await nc.request("$SRV.INFO.shop", "", patient);
  const { metadata } = answer.json<{ readonly metadata: Readonly<Record<string, string>> }>();
  await nc.close();
  const events = JSON.parse(metadata["mesh.events"] ?? "{}") as Record<string, never>;
  assert.deepEqual(Object.keys(events), Object.keys(accounts.events));
  assert.deepEqual(events["plan.changed"], {
    description: "",
    signed: true,
    data: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        user: { type: "string" },
        plan: { type: "string", enum: ["free", "paid"], default: "free" },
      },
      required: ["user"],
    },
  });
  await agent.close();
});
