import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { openEvents } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import type { Ran } from "../../support/cli-mesh.ts";
import { owed, putEvent } from "../../support/event-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

const mesh = accountsMesh.replace(
  "operator: { members: [ops] }",
  "operator: { members: [ops], publishes: [note.left] }\n      observer: { members: [eve] }",
);

const run = (home: HomeMesh, ...args: readonly string[]): Promise<Ran> =>
  home.run("events", ...args, "--home", home.home.folder);

test("events ls shows who follows and how far behind, to an observer as well", async () => {
  await using home = await storedMesh(mesh, []);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await publisher.publish(accounts, "plan.changed", { user: "ada" });
  const crm = await home.connect("crm");
  await crm.follow("users", [on(accounts, "user.signed-up", () => {})]);
  await eventually("crm has it", async () => (await owed(home, "crm=users")) === 0);
  const { out, exit } = await run(home, "ls", "--as", "eve");
  assert.equal(exit, 0);
  assert.match(out, /AGENT +FOLLOWS AS +PENDING +IN WORK +OLDEST +ROOM +FOLLOWERS/);
  assert.match(out, /crm +all +2 +0 +[\d.]+ m?s +\d+ % +none/);
  assert.match(out, /crm +users +0 +0 +asking/);
  const shown = await run(home, "ls", "--json");
  const follows = JSON.parse(shown.out) as readonly { readonly pending: number }[];
  assert.deepEqual(
    follows.map(({ pending }) => pending),
    [2, 1, 0, 1],
  );
});

test("events tail prints what is there and what comes, and what is no event with its fault", async () => {
  await using home = await storedMesh(mesh, []);
  const publisher = await home.connect("accounts");
  await publisher.publish(
    accounts,
    "user.signed-up",
    { user: "ada" },
    { id: "e1", subject: "Ada" },
  );
  await publisher.publish(accounts, "user.left", { user: "bob" }, { id: "e2" });
  const plain = await joinPlain(home, "accounts");
  await putEvent(plain, "mesh.event.accounts.user.left", "{", { "ce-id": "e3" });
  await plain.close();
  const all = await run(home, "tail", "--from", "beginning", "--once");
  // The end of it is no loss of the server.
  assert.equal(all.err, "");
  const lines = all.out.trimEnd().split("\n");
  assert.match(
    lines[0] ?? "",
    /^1 {2}\S+Z {2}accounts\.user\.signed-up {2}e1 \(Ada\) {2}\{"user":"ada"\}$/,
  );
  assert.match(lines[2] ?? "", /^3 .*malformed_payload: 1 bytes are not JSON/);
  const some = await run(
    home,
    "tail",
    "accounts.user.signed-up",
    "--from",
    "1",
    "--once",
    "--json",
  );
  const told = JSON.parse(some.out) as Readonly<Record<string, unknown>>;
  assert.deepEqual(
    [told["publisher"], told["id"], told["data"]],
    ["accounts", "e1", { user: "ada" }],
  );
  let isOver = false;
  const live = run(home, "tail", "accounts.*", "--count", "1").finally(() => {
    isOver = true;
  });
  await eventually("it is told", async () => {
    await publisher.publish(accounts, "user.left", { user: "eve" });
    return isOver;
  });
  assert.match((await live).out, /^\d+ .*accounts\.user\.left {2}\S+ {2}\{"user":"eve"\}\n$/);
});

test("events publish stores an event under our own name, where mesh.yaml lets us", async () => {
  await using home = await storedMesh(mesh, []);
  const first = await run(home, "publish", "note.left", '{"text":"hello"}', "--id", "n1");
  assert.deepEqual([first.exit, first.out], [0, "n1\n"]);
  const again = await run(home, "publish", "note.left", '{"text":"hello"}', "--id", "n1");
  assert.match(again.err, /published before, and is stored once/);
  assert.match(
    first.err,
    /^not checked: nobody serves ops now, whose card says what note\.left is/,
  );
  const script = await run(home, "publish", "note.left", "{}", "--json");
  assert.match(JSON.parse(script.err).note, /^not checked: /);
  assert.equal(JSON.parse(script.out).duplicate, false);
  const denied = await run(home, "publish", "user.left", "{}");
  assert.notEqual(denied.exit, 0);
  assert.match(denied.err, /permission_denied/);
  const wrong = await run(home, "tail", "--from", "yesterday");
  assert.match(wrong.err, /--from must be a whole number from 1 up, got yesterday/);
  const misspelt = await run(home, "tail", "Accounts");
  assert.match(misspelt.err, /events must be publisher\.name, publisher\.\* or \*/);
});

test("events are read by the library in their order, from a place on", async () => {
  await using home = await storedMesh(mesh, []);
  const publisher = await home.connect("accounts");
  for (const user of ["a", "b", "c"]) {
    await publisher.publish(accounts, "user.left", { user });
  }
  await using board = await openEvents({ ...home.access("eve"), servers: [home.server.url] });
  const users: unknown[] = [];
  for await (const { data } of board.read({ from: 2 })) users.push(data);
  assert.deepEqual(users, [{ user: "b" }, { user: "c" }]);
  for await (const { id } of board.read()) assert.fail(`nothing was told since, but ${id}`);
  const later: unknown[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    for await (const { data } of board.read({ follows: true }, { signal: stop.signal })) {
      later.push(data);
    }
  })();
  await eventually("one more", async () => {
    await publisher.publish(accounts, "user.left", { user: "d" });
    return later.length > 0;
  });
  stop.abort();
  await reading;
});
