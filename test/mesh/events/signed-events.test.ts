import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Header, Store } from "@myelin/subjects";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadLetters, left } from "../../support/durable-facts.ts";
import { owed, putEvent } from "../../support/event-facts.ts";
import { storedEvent } from "../../support/event-moves.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

test("a signed event is handled only as its publisher signed it", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const seen: string[] = [];
  await crm.follow("plans", [on(accounts, "plan.changed", ({ user }) => void seen.push(user))]);
  const plain = await joinPlain(home, "accounts");
  const subject = "mesh.event.accounts.plan.changed";
  await putEvent(plain, subject, '{"user":"eve"}', { "ce-id": "e1" });
  await plain.close();
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "plan.changed", { user: "ada" });
  await eventually("the signed one came", () => seen.length === 1);
  assert.deepEqual(seen, ["ada"]);
  const [letter] = await eventually("the other is given up", async () => {
    const dead = await deadLetters(home);
    return dead.length > 0 && dead;
  });
  assert.equal(letter?.code, "permission_denied");
  assert.match(letter?.why ?? "", /e1 of accounts, whose plan\.changed are declared as signed/);
});

test("a signed event that is put there again, or under another name, is not handled again", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "plan.changed", { user: "ada" }, { id: "e1" });
  const original = await storedEvent(home, 1);
  const lines: Record<string, string> = {};
  for (const name of ["ce-id", "ce-datacontenttype", Header.envelope, Header.signer]) {
    const line = original.head.split("\r\n").find((one) => one.startsWith(`${name}: `));
    lines[name] = line?.slice(name.length + 2) ?? "";
  }
  const plain = await joinPlain(home, "accounts");
  const body = Buffer.from(original.payload).toString();
  await putEvent(plain, "mesh.event.accounts.user.left", body, lines);
  await putEvent(plain, "mesh.event.accounts.plan.changed", '{"user":"eve"}', {
    ...lines,
    "ce-id": "e2",
  });
  await putEvent(plain, "mesh.event.accounts.plan.changed", body, lines);
  await plain.close();
  assert.equal(await left(home, Store.events), 4);
  const seen: string[] = [];
  const crm = await home.connect("crm");
  await crm.follow("plans", [on(accounts, "plan.changed", ({ user }) => void seen.push(user))]);
  await eventually(
    "the forged one is given up",
    async () => (await deadLetters(home)).length === 1,
  );
  await eventually("nothing is owed", async () => (await owed(home, "crm=plans")) === 0);
  assert.deepEqual(seen, ["ada"]);
  assert.match((await deadLetters(home))[0]?.why ?? "", /signed for the id "e1", not "e2"/);
});
