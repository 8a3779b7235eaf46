import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadOffice, listed, redriven } from "../../support/dead-office.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import { changeFollow, owed, putEvent } from "../../support/event-facts.ts";
import { moveEvent } from "../../support/event-moves.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { inStore, joinPlain, storedMesh } from "../../support/stores.ts";

const subject = "mesh.event.accounts.user.signed-up";
const twoOperators = accountsMesh.replace("[ops]", "[ops, ops2]");

const settled = (home: HomeMesh): Promise<unknown> =>
  eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);

/** A gate that a handler waits behind. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

/** More often than an event may be delivered, were it given back at each look. */
async function manyLooks(): Promise<void> {
  const begun = Date.now();
  await eventually("many looks passed", () => Date.now() - begun > 2_000);
}

test("an event that is stored twice while it is handled slowly is handled once, and is no dead letter", async () => {
  await using home = await storedMesh(accountsMesh, []);
  // Makes a letter of what the server gives up.
  await using _keeper = await joinKeeper(home);
  await changeFollow(home, "crm=users", { max_deliver: 6 });
  const door = gate();
  const seen: string[] = [];
  const crm = await home.connect("crm");
  const handled = on(accounts, "user.signed-up", async ({ user }, { id }) => {
    seen.push(`${user} ${id}`);
    if (user === "ada") await door.passed;
  });
  await crm.follow("users", [handled], { attempts: 5, concurrency: 4 });
  const plain = await joinPlain(home, "accounts");
  await putEvent(plain, subject, '{"user":"ada"}', { "ce-id": "e1" });
  await putEvent(plain, subject, '{"user":"ada"}', { "ce-id": "e1" });
  await putEvent(plain, subject, '{"user":"bob"}', { "ce-id": "e2" });
  await plain.close();
  await eventually("both are at work", () => seen.length === 2);
  await manyLooks();
  const { num_redelivered } = await inStore(home, (jsm) =>
    jsm.consumers.info(Store.events, "crm=users"),
  );
  door.open();
  await settled(home);
  assert.deepEqual(seen, ["ada e1", "bob e2"]);
  assert.deepEqual([num_redelivered, await deadLetters(home)], [0, []]);
});

test("a letter that two operators bring back at once is handled once", async () => {
  await using home = await storedMesh(twoOperators, []);
  const runs: string[] = [];
  const crm = await home.connect("crm");
  const handled = on(accounts, "user.signed-up", async ({ user }, ctx) => {
    const { generation = 0 } = ctx.moved ?? {};
    runs.push(`${user} ${generation}`);
    if (generation === 0) ctx.giveUp("not yet");
  });
  await crm.follow("users", [handled], { attempts: 1, firstDelayMs: 20 });
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await using office = await deadOffice(home);
  await eventually("it has died", async () => (await listed(office)).length === 1);
  await moveEvent(home, 1, { mover: "ops2" });
  await redriven(office, {});
  await eventually("it comes again", () => runs.length > 1);
  await settled(home);
  assert.deepEqual(runs, ["ada 0", "ada 1"]);
});

test("two redrives of one letter while the first is handled run its handler once, and two replays twice", async () => {
  await using home = await storedMesh(twoOperators, []);
  const door = gate();
  const runs: string[] = [];
  const crm = await home.connect("crm");
  const handled = on(accounts, "user.signed-up", async (_data, ctx) => {
    runs.push(ctx.moved?.why ?? (ctx.replay === undefined ? "told" : "replay"));
    if (ctx.moved?.why === "redrive") await door.passed;
  });
  await crm.follow("users", [handled], { attempts: 1, concurrency: 4 });
  await (await home.connect("accounts")).publish(accounts, "user.signed-up", { user: "ada" });
  await settled(home);
  for (const mover of ["ops", "ops2"]) await moveEvent(home, 1, { mover });
  await eventually("one is at work", () => runs.length === 2);
  door.open();
  await settled(home);
  assert.deepEqual(runs, ["told", "redrive"]);
  for (const mover of ["ops", "ops2"]) await moveEvent(home, 1, { mover, why: "replay" });
  await eventually("both replays came", () => runs.length === 4);
  await settled(home);
});
