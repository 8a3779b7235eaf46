import assert from "node:assert/strict";
import { test } from "node:test";
import { type EventHandler, type FollowOptions, type Mesh, on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { patient } from "../../support/dial.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import {
  changeFollow,
  deliveries,
  owed,
  putEvent,
  remakeFollow,
} from "../../support/event-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { joinPlain, storedMesh } from "../../support/stores.ts";

type Handler = EventHandler<typeof accounts, "user.signed-up">;

const quick = { attempts: 3, firstDelayMs: 20, maxDelayMs: 40 };
const subject = "mesh.event.accounts.user.signed-up";

async function followUsers(
  home: HomeMesh,
  handler: Handler,
  options: FollowOptions = quick,
): Promise<Mesh> {
  const crm = await home.connect("crm");
  await crm.follow("users", [on(accounts, "user.signed-up", handler)], options);
  return crm;
}

const settled = (home: HomeMesh): Promise<unknown> =>
  eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0, {
    timeoutMs: 20_000,
  });

test("a handler that throws a string is tried again, then its event is given up once, with cause and bytes", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  await followUsers(home, ({ user }, { attempt, id }) => {
    seen.push(`${user} ${attempt} ${id}`);
    if (user === "ada") throw "no room";
  });
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" }, { id: "e1" });
  await publisher.publish(accounts, "user.signed-up", { user: "bob" }, { id: "e2" });
  await settled(home);
  assert.deepEqual(seen.toSorted(), ["ada 1 e1", "ada 2 e1", "ada 3 e1", "bob 1 e2"]);
  const [letter, ...more] = await deadLetters(home);
  assert.deepEqual(more, []);
  assert.match(letter?.subject ?? "", /^mesh\.dead\.event\.crm\.users\.1-[0-9a-z]+\.0$/);
  assert.deepEqual([letter?.code, letter?.body], ["handler_failed", '{"user":"ada"}']);
  assert.equal(letter?.header("Origin-ce-id"), "e1");
  assert.equal(letter?.header("Origin-ce-type"), "accounts.user.signed-up");
  const facts = JSON.parse(letter?.facts ?? "") as Readonly<Record<string, unknown>>;
  assert.deepEqual([facts["subject"], facts["sequence"], facts["attempts"]], [subject, 1, 3]);
});

test("a handler that gives an event up is not asked again, and says why", async () => {
  await using home = await storedMesh(accountsMesh, []);
  let runs = 0;
  await followUsers(home, (_data, ctx) => {
    runs++;
    ctx.giveUp("nobody of this name");
  });
  await (await home.connect("accounts")).publish(accounts, "user.signed-up", { user: "ada" });
  await settled(home);
  assert.equal(runs, 1);
  const [letter] = await deadLetters(home);
  assert.equal(letter?.code, "handler_failed");
  assert.match(letter?.why ?? "", /given up: nobody of this name/);
});

test("what cannot be read ends in the dead letters with its cause, and the next one is handled", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  await followUsers(home, ({ user }) => void seen.push(user));
  const plain = await joinPlain(home, "accounts");
  const id = { "ce-id": "e1" };
  await putEvent(plain, subject, "{not json", id);
  await putEvent(plain, subject, Uint8Array.of(0xff, 0xfe), { "ce-id": "e2" });
  await putEvent(plain, subject, '{"user":7}', { "ce-id": "e3" });
  await putEvent(plain, subject, '{"user":"ada"}');
  await putEvent(plain, subject, "<a/>", { "ce-id": "e4", "ce-datacontenttype": "text/xml" });
  await putEvent(plain, subject, "", { "ce-id": "%E0%A4%A" });
  await putEvent(plain, subject, '{"user":"bob"}', { "ce-id": "e5" });
  await plain.close();
  await settled(home);
  assert.deepEqual(seen, ["bob"]);
  const dead = await deadLetters(home);
  assert.deepEqual(dead.map(({ code }) => code).toSorted(), [
    "invalid_input",
    "malformed_header",
    "malformed_header",
    "malformed_payload",
    "malformed_payload",
    "unsupported_content_type",
  ]);
});

test("a handler that never returns does not hold its place: its attempts end with their time", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  const aborted: string[] = [];
  await followUsers(
    home,
    ({ user }, { signal }) => {
      signal.addEventListener("abort", () => aborted.push(user));
      if (user === "never") return new Promise<never>(() => {});
      return void seen.push(user);
    },
    { concurrency: 1, attempts: 2, attemptMs: 60, firstDelayMs: 20 },
  );
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "never" });
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await settled(home);
  assert.deepEqual(seen, ["ada"]);
  assert.deepEqual(aborted, ["never", "never"]);
  assert.equal((await deadLetters(home))[0]?.code, "deadline_exceeded");
});

test("a handler that takes longer than the server waits is left alone, because it is said to be at work", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const ackWaitMs = 6_000;
  await changeFollow(home, "crm=users", { ack_wait: ackWaitMs * 1e6 });
  let runs = 0;
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  // Another one has nothing to do, and would take what comes again.
  for (const _instance of [1, 2]) {
    await followUsers(home, () => {
      runs++;
      return finished;
    });
  }
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await eventually("it runs", () => runs === 1);
  const begun = Date.now();
  await eventually("longer than that passed", () => Date.now() - begun > ackWaitMs + 2_000);
  assert.deepEqual([runs, await deliveries(home, "crm=users")], [1, 1]);
  finish();
  await settled(home);
  assert.deepEqual([runs, await deliveries(home, "crm=users")], [1, 1]);
});

test("an event that was fetched again and again, and never begun, is handled all the same", async () => {
  await using home = await storedMesh(accountsMesh, []);
  await changeFollow(home, "crm=users", { ack_wait: 200e6 });
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  // A client that takes it and says nothing, as a process does that dies of another one.
  const plain = await joinPlain(home, "crm");
  for (const _death of [1, 2, 3]) {
    const pull = JSON.stringify({ batch: 1, expires: 20e9 });
    const next = "mesh.js.CONSUMER.MSG.NEXT.MESH_EVENTS.crm=users";
    const taken = await plain.request(next, pull, { ...patient, noMux: true });
    assert.equal(taken.subject, subject);
  }
  await plain.close();
  // Its follower may stand still for longer than that.
  await changeFollow(home, "crm=users", { ack_wait: 5e9 });
  const attempts: number[] = [];
  await followUsers(home, (_data, { attempt }) => void attempts.push(attempt));
  await settled(home);
  // Whether the first delivery came to anything nobody can know.
  assert.deepEqual(attempts, [2]);
  assert.deepEqual(await deadLetters(home), []);
});

test("a poisonous event is in the dead letters once, and does not come back when its consumer is made anew", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const seen: string[] = [];
  const handler: Handler = ({ user }) => {
    seen.push(user);
    if (user === "poison") throw new TypeError("sick");
  };
  const crm = await followUsers(home, handler);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "poison" });
  await publisher.publish(accounts, "user.signed-up", { user: "ada" });
  await settled(home);
  assert.equal(seen.filter((user) => user === "poison").length, 3);
  await crm.close();
  await remakeFollow(home, "crm=users");
  seen.length = 0;
  await followUsers(home, handler);
  await settled(home);
  // Another first attempt, since nobody knows better before it fails; no second one.
  assert.deepEqual(seen.toSorted(), ["ada", "poison"]);
  assert.equal((await deadLetters(home)).length, 1);
});
