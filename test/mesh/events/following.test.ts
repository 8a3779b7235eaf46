import assert from "node:assert/strict";
import { test } from "node:test";
import { type FollowOptions, isMeshError, type Mesh, type MeshCode, on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import { owed, putEvent } from "../../support/event-facts.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

const says = (code: MeshCode, text: RegExp) => (error: unknown) =>
  isMeshError(error, code) && text.test(error.message);

/** Follows the users of `accounts` with one handler for all. */
function followUsers(
  mesh: Mesh,
  handle: (user: string) => unknown,
  options: FollowOptions = {},
): ReturnType<Mesh["follow"]> {
  const handler = ({ user }: { user: string }) => handle(user);
  return mesh.follow(
    "users",
    [on(accounts, "user.signed-up", handler), on(accounts, "user.left", handler)],
    options,
  );
}

async function publishAll(publisher: Mesh, users: readonly string[]): Promise<void> {
  await Promise.all(users.map((user) => publisher.publish(accounts, "user.signed-up", { user })));
}

const many = Array.from({ length: 300 }, (_, at) => `user-${at}`);

test("an event is stored, and comes once to each who follows it", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: unknown[] = [];
  const crm = await home.connect("crm");
  await crm.follow("users", [
    on(accounts, "user.signed-up", (data, ctx) => {
      seen.push(["crm", data, ctx.id, ctx.publisher, ctx.name, ctx.attempt, ctx.sequence]);
    }),
  ]);
  const welcome = await home.connect("welcome");
  await welcome.follow("signups", [
    on(accounts, "user.signed-up", ({ user }, { subject, at }) => {
      seen.push(["welcome", user, subject, at?.toISOString()]);
    }),
  ]);
  const publisher = await home.connect("accounts");
  const at = new Date("2026-01-02T03:04:05.678Z");
  const receipt = await publisher.publish(
    accounts,
    "user.signed-up",
    { user: "ada" },
    { id: "ada-1", subject: "Ada Lovelace, née Byron", at },
  );
  assert.deepEqual(receipt, { id: "ada-1", stored: true, sequence: 1, duplicate: false });
  await eventually("both have it", () => seen.length === 2);
  const asked = [
    ["crm", { user: "ada", plan: "free" }, "ada-1", "accounts", "user.signed-up", 1, 1],
    ["welcome", "ada", "Ada Lovelace, née Byron", at.toISOString()],
  ];
  assert.deepEqual(new Set(seen), new Set(asked));
});

test("two instances that follow under one name handle each event once between them", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[][] = [[], []];
  for (const mine of seen) {
    await followUsers(await home.connect("crm"), async (user) => {
      mine.push(user);
      await new Promise(setImmediate);
    });
  }
  await publishAll(await home.connect("accounts"), many);
  await eventually("all came", () => seen.flat().length >= many.length);
  assert.deepEqual(seen.flat().toSorted(), many.toSorted());
  assert.ok(
    seen.every(({ length }) => length > 0),
    "each had some",
  );
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
});

test("a follower runs no more at once than it may, and keeps the order where that is one", async () => {
  await using home = await storedMesh(accountsMesh, []);
  await publishAll(await home.connect("accounts"), many.slice(0, 60));
  let fill = (): void => {};
  const isFull = new Promise<void>((resolve) => {
    fill = resolve;
  });
  const crm = await home.connect("crm");
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  const handler = async (_data: unknown, { sequence = 0 }: { sequence: number | undefined }) => {
    most = Math.max(most, ++running);
    // The first ones wait for each other: how many come at once is the network's to say.
    if (most === 7) fill();
    await isFull;
    await new Promise(setImmediate);
    seen.push(sequence);
    running--;
  };
  const parallel = await crm.follow("all", [on(accounts, "user.signed-up", handler)], {
    concurrency: 7,
  });
  await eventually("all came", () => seen.length === 60);
  await parallel.stop();
  assert.equal(most, 7);
  seen.length = 0;
  most = 0;
  await crm.follow("users", [on(accounts, "user.signed-up", handler)], { concurrency: 1 });
  await eventually("all came in order", () => seen.length === 60);
  assert.equal(most, 1);
  assert.deepEqual(
    seen,
    seen.toSorted((one, other) => one - other),
  );
});

test("who follows from the beginning gets what was told before, who follows from now does not", async () => {
  await using home = await storedMesh(
    accountsMesh.replace("welcome:", "welcome:\n        hears: []"),
    [],
  );
  const publisher = await home.connect("accounts");
  await publishAll(publisher, ["early"]);
  const seen: string[] = [];
  await followUsers(await home.connect("crm"), (user) => seen.push(`crm ${user}`));
  await eventually("the early one", () => seen.length === 1);
  const welcome = await home.connect("welcome");
  const follow = (): ReturnType<Mesh["follow"]> =>
    welcome.follow("signups", [
      on(accounts, "user.signed-up", ({ user }) => seen.push(`welcome ${user}`)),
    ]);
  const first = await follow();
  await first.stop();
  // Its place is kept while nobody is there: `from` counts from when mesh.yaml was applied.
  await publishAll(publisher, ["late"]);
  await follow();
  await eventually("the others", () => seen.length === 4);
  assert.deepEqual(seen.toSorted(), ["crm early", "crm late", "welcome early", "welcome late"]);
});

test("an event that was stored twice under one id is handled once", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  await followUsers(await home.connect("crm"), (user) => seen.push(user));
  const plain = await joinPlain(home, "accounts");
  const put = (id: string, user: string): Promise<void> =>
    putEvent(plain, "mesh.event.accounts.user.left", JSON.stringify({ user }), { "ce-id": id });
  await put("e1", "ada");
  await put("e1", "ada again");
  await put("e2", "bob");
  await plain.close();
  await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
  assert.deepEqual(seen, ["ada", "bob"]);
});

test("a subscription without handlers, twice, or that mesh.yaml does not know is refused clearly", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const signedUp = on(accounts, "user.signed-up", () => {});
  await assert.rejects(crm.follow("users", []), says("invalid_argument", /at least one on\(/));
  await assert.rejects(
    crm.follow("users", [signedUp, signedUp]),
    says("invalid_argument", /two handlers for accounts\.user\.signed-up/),
  );
  await assert.rejects(
    crm.follow("friends", [signedUp]),
    says("permission_denied", /agents\.crm\.follows: \{ friends: \{ events: \[/),
  );
  await assert.rejects(
    crm.follow("plans", [signedUp]),
    says("permission_denied", /agents\.crm\.follows\.plans\.events: \[accounts\.user\.signed-up\]/),
  );
  const following = await crm.follow("users", [signedUp]);
  await assert.rejects(crm.follow("users", [signedUp]), says("invalid_argument", /already/));
  await following.stop();
  await (await crm.follow("users", [signedUp])).stop();
  assert.throws(
    () => on(accounts, "user.moved" as never, () => {}),
    says("invalid_argument", /declares no event/),
  );
  assert.throws(
    () => on(accounts, "user.left", 7 as never),
    says("invalid_argument", /a function/),
  );
});

test("a wildcard's events without a handler pass by; one that mesh.yaml names goes to the dead letters", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const seen: string[] = [];
  const signedUp = on(accounts, "user.signed-up", ({ user }) => seen.push(user));
  const options = { attempts: 2, firstDelayMs: 10 };
  await crm.follow("all", [signedUp], options);
  await crm.follow("users", [signedUp], options);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.left", { user: "ada" });
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  for (const follow of ["crm=all", "crm=users"]) {
    await eventually("nothing is owed", async () => (await owed(home, follow)) === 0);
  }
  assert.deepEqual(seen, ["ada", "ada"]);
  const dead = await deadLetters(home);
  assert.deepEqual(
    dead.map(({ code, why }) => [code, why]),
    [
      [
        "unknown_skill",
        "unknown_skill: crm follows accounts.user.left as users, and this version has no handler for it",
      ],
    ],
  );
});

test("a follower that drains finishes what it has, and nothing is lost or handled twice", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  const handle = async (user: string): Promise<void> => {
    await new Promise(setImmediate);
    seen.push(user);
  };
  const first = await home.connect("crm");
  await followUsers(first, handle);
  const published = publishAll(await home.connect("accounts"), many);
  await eventually("some came", () => seen.length > 10);
  await first.drain();
  await followUsers(await home.connect("crm"), handle);
  await published;
  await eventually("all came", () => seen.length >= many.length);
  assert.deepEqual(seen.toSorted(), many.toSorted());
});

test("an aborted signal ends a subscription, and its events wait for the next", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const ending = new AbortController();
  const seen: string[] = [];
  const signedUp = on(accounts, "user.signed-up", ({ user }) => seen.push(user));
  await crm.follow("users", [signedUp], { signal: ending.signal });
  ending.abort();
  const publisher = await home.connect("accounts");
  await publishAll(publisher, ["ada"]);
  assert.equal(await owed(home, "crm=users"), 1);
  await eventually("the name is free", () => crm.follow("users", [signedUp]));
  await eventually("it came", () => seen.length === 1);
});

test("followers go on by themselves after the broker was killed", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  await followUsers(await home.connect("crm"), (user) => seen.push(user));
  const publisher = await home.connect("accounts");
  await publishAll(publisher, ["before"]);
  await eventually("the first", () => seen.length === 1);
  await home.server.kill();
  await home.server.restart();
  await publishAll(publisher, ["after"]);
  await eventually("the second", () => seen.includes("after"));
});
