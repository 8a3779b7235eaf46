import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadOffice, listed, redriven } from "../../support/dead-office.ts";
import { owed } from "../../support/event-facts.ts";
import { storedMesh } from "../../support/stores.ts";

const quick = { attempts: 1, firstDelayMs: 20 };

test("a redriven event comes to the subscription that gave it up, and to no other", async () => {
  await using home = await storedMesh(accountsMesh, []);
  let hasRoom = false;
  const seen: unknown[] = [];
  const crm = await home.connect("crm");
  const handle = on(accounts, "user.signed-up", ({ user }, ctx) => {
    seen.push([user, ctx.id, ctx.moved]);
    if (!hasRoom) throw new TypeError("no room");
  });
  await crm.follow("users", [handle], quick);
  const others: string[] = [];
  const every = on(accounts, "user.signed-up", (_data, { id }) => void others.push(id));
  await crm.follow("all", [every], quick);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" }, { id: "e1" });
  await using office = await deadOffice(home);
  const letters = () => listed(office, { kind: "event", from: "accounts" });
  await eventually("it has died", async () => (await letters()).length === 1);
  await eventually("the other has it", () => others.length > 0);
  const [letter] = await letters();
  assert.deepEqual(
    [letter?.agent, letter?.skill, letter?.cause],
    ["crm", "users", "handler_failed"],
  );
  hasRoom = true;
  const [told] = await redriven(office, { kind: "event" });
  assert.equal(told?.is, "redriven", told?.why);
  await eventually("it came back", () => seen.length === 2);
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
  assert.deepEqual(seen, [
    ["ada", "e1", undefined],
    ["ada", "e1", { why: "redrive", generation: 1 }],
  ]);
  assert.deepEqual(others, ["e1"]);
  const [again] = await redriven(office, { kind: "event", state: "any" });
  assert.match(again?.why ?? "", /^it was redriven already/);
});

test("an event's letter tells each attempt that its follower made, with its times", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const handle = on(accounts, "user.signed-up", () => Promise.reject(new TypeError("no room")));
  await crm.follow("users", [handle], { attempts: 3, firstDelayMs: 20, maxDelayMs: 40 });
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await using office = await deadOffice(home);
  await eventually("it has died", async () => (await listed(office)).length === 1);
  const [{ facts } = assert.fail()] = await listed(office);
  assert.equal(facts.attempts, 3);
  const tries = facts.tries ?? [];
  assert.deepEqual(
    tries.map(({ attempt, error }) => [attempt, error]),
    [1, 2, 3].map((attempt) => [attempt, "handler_failed"]),
  );
  const times = tries.flatMap(({ begunAt, endedAt = "" }) => [begunAt, endedAt]);
  assert.deepEqual(times, times.toSorted());
  assert.ok(times.every((time) => Date.parse(time) > 0));
});

test("an event that dies again is the next generation of its letter", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const handle = on(accounts, "user.signed-up", () => Promise.reject(new TypeError("no room")));
  await crm.follow("users", [handle], quick);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await using office = await deadOffice(home);
  await eventually("it has died", async () => (await listed(office)).length === 1);
  await redriven(office, {});
  await eventually("it has died again", async () => {
    const letters = await listed(office, { state: "any" });
    return letters.map(({ generation }) => generation).join() === "0,1";
  });
  const letters = await listed(office, { state: "any" });
  const origins = new Set(letters.map(({ facts }) => `${facts.subject} ${facts.sequence}`));
  assert.deepEqual([...origins], ["mesh.event.accounts.user.signed-up 1"]);
});
