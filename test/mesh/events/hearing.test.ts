import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { Header } from "@myelin/subjects";
import { headers } from "@nats-io/transport-node";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { putEvent } from "../../support/event-facts.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

const subject = "mesh.event.accounts.user.signed-up";
const ada = JSON.stringify({ user: "ada" });

test("an event is heard live by whoever listens, and by nobody who does not", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "before" });
  const crm = await home.connect("crm");
  const seen: unknown[] = [];
  const hearing = await crm.hear(accounts, "user.signed-up", ({ user }, ctx) => {
    seen.push([user, ctx.publisher, ctx.id, ctx.sequence, ctx.missed]);
  });
  await publisher.publish(accounts, "user.signed-up", { user: "ada" }, { id: "e1" });
  await publisher.publish(accounts, "user.left", { user: "bob" });
  await eventually("it is heard", () => seen.length > 0);
  await hearing.stop();
  await publisher.publish(accounts, "user.signed-up", { user: "after" });
  assert.deepEqual(seen, [["ada", "accounts", "e1", undefined, 0]]);
});

test("an event that is told twice is heard once, and one without its publisher's reply subject never", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const seen: string[] = [];
  await crm.hear(accounts, "user.signed-up", ({ user }) => void seen.push(user));
  const plain = await joinPlain(home, "accounts");
  const line = headers();
  line.set("ce-id", "e0");
  plain.publish(subject, ada, { headers: line });
  plain.publish(subject, ada, { headers: line, reply: "_INBOX.crm.borrowed" });
  await putEvent(plain, subject, ada, { "ce-id": "e1" });
  await putEvent(plain, subject, ada, { "ce-id": "e1" });
  await putEvent(plain, subject, JSON.stringify({ user: "bob" }), { "ce-id": "e2" });
  await plain.close();
  await eventually("both are heard", () => seen.length === 2);
  assert.deepEqual(seen, ["ada", "bob"]);
  assert.equal(crm.metrics.snapshot().refused["event_reply"], 2);
});

test("a listener that is too slow loses the oldest, and is told how many", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const seen: unknown[] = [];
  let go = (): void => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const options = { concurrency: 1, waiting: 2 };
  await crm.hear(
    accounts,
    "user.signed-up",
    async ({ user }, { missed }) => {
      seen.push([user, missed]);
      await held;
    },
    options,
  );
  const publisher = await home.connect("accounts");
  for (const user of ["a", "b", "c", "d", "e"]) {
    await publisher.publish(accounts, "user.signed-up", { user });
  }
  await eventually("three are gone", () => crm.metrics.snapshot().refused["event_overflow"] === 2);
  go();
  await eventually("the last ones", () => seen.length === 3);
  assert.deepEqual(seen, [
    ["a", 0],
    ["d", 2],
    ["e", 0],
  ]);
});

test("a handler that never comes back gives its place to the next event", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const seen: string[] = [];
  const reasons: unknown[] = [];
  await crm.hear(
    accounts,
    "user.signed-up",
    ({ user }, ctx) => {
      seen.push(user);
      ctx.signal.addEventListener("abort", () => reasons.push(ctx.signal.reason));
      return user === "stuck" ? new Promise<void>(() => {}) : undefined;
    },
    { attemptMs: 50 },
  );
  const publisher = await home.connect("accounts");
  for (const user of ["stuck", "ada"]) {
    await publisher.publish(accounts, "user.signed-up", { user });
  }
  await eventually("the next one is heard", () => seen.includes("ada"));
  assert.match(String(reasons[0]), /deadline_exceeded/);
});

test("who may not hear an event learns which line of mesh.yaml would let him", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const welcome = await home.connect("welcome");
  await assert.rejects(
    welcome.hear(accounts, "user.signed-up", () => {}),
    (error) =>
      isMeshError(error, "permission_denied") &&
      error.message.includes("agents.welcome.hears: [accounts.user.signed-up]"),
  );
});

test("what a handler throws, or cannot be read, takes nothing from those that come after", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const seen: string[] = [];
  await crm.hear(accounts, "user.signed-up", ({ user }) => {
    seen.push(user);
    throw new TypeError("no");
  });
  const plain = await joinPlain(home, "accounts");
  await putEvent(plain, subject, "{not json", { "ce-id": "e1" });
  await putEvent(plain, subject, ada);
  await putEvent(plain, subject, ada, { "ce-id": "e2" });
  await putEvent(plain, subject, ada, { "ce-id": "e3" });
  await plain.close();
  await eventually("both are heard", () => seen.length === 2);
  const served = crm.metrics.snapshot().served.find(({ skill }) => skill?.startsWith("live:"));
  assert.equal(served?.skill, "live:accounts.user.signed-up");
});

test("a signed event is heard only as its publisher signed it", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const seen: string[] = [];
  await crm.hear(accounts, "plan.changed", ({ user }) => void seen.push(user));
  const plain = await joinPlain(home, "accounts");
  const changed = "mesh.event.accounts.plan.changed";
  await putEvent(plain, changed, ada, { "ce-id": "e1" });
  await putEvent(plain, changed, ada, {
    "ce-id": "e2",
    [Header.envelope]: "x",
    [Header.signer]: "y",
  });
  await plain.close();
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "plan.changed", { user: "bob" });
  await eventually("one is heard", () => seen.length === 1);
  assert.deepEqual(seen, ["bob"]);
});

test("guests of a development mesh publish and hear without a line of mesh.yaml", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const listener = await mesh.connect("listener");
  const seen: string[] = [];
  await listener.hear(accounts, "user.signed-up", ({ user }) => void seen.push(user));
  const publisher = await mesh.connect("accounts");
  const named = { id: "e1" };
  await publisher.publish(accounts, "user.signed-up", { user: "ada" }, named);
  const again = await publisher.publish(accounts, "user.signed-up", { user: "ada" }, named);
  assert.equal(again.duplicate, true);
  await eventually("it is heard", () => seen.length > 0);
  assert.deepEqual(seen, ["ada"]);
});
