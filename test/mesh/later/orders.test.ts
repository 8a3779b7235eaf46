import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Header, Store } from "@myelin/subjects";
import { scheduleCancellation } from "../../../libs/durable/later/index.ts";
import { laterThan } from "../../../libs/operate/home/later.ts";
import { deadLetters, finals, left } from "../../support/durable-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { all, sendPlain, signerOf, soon } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 60_000 };
const hour = 3_600_000;

test("what is no order is a dead letter, and the next order is taken", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const subject = "mesh.later.painter.paint.boss";
  const plan = JSON.stringify({ does: "once", delayMs: 10, priority: "normal" });
  for (const headers of [
    [],
    [[Header.id, "a"]],
    [
      [Header.id, "b"],
      [Header.later, "{"],
    ],
    [
      [Header.id, "c"],
      [Header.later, '{"does":"once","at":"never","priority":"normal"}'],
    ],
    // An order as it should be, which nobody has signed.
    [
      [Header.id, "d"],
      [Header.later, plan],
    ],
  ] as const) {
    assert.match(await sendPlain(home, "boss", { subject, payload: "{}", headers }), /"seq":/);
  }
  const { paint } = (await home.connect("boss")).client(painter);
  await paint.submit({ what: "a gate" }, { id: "gate", at: new Date(Date.now() + hour) });
  await soon("the order is taken", async () => (await all(paint.schedules())).length === 1);
  await soon("all are given up", async () => (await deadLetters(home)).length === 5);
  const letters = await deadLetters(home);
  assert.deepEqual(letters.map(({ code }) => code).sort(), [
    ...Array(4).fill("malformed_header"),
    "permission_denied",
  ]);
  const unsigned = letters.find(({ code }) => code === "permission_denied");
  assert.match(unsigned?.why ?? "", /is not signed/);
  // Of each the letter is stored first; then its result, where it has one; then it is gone.
  await soon("no order is left", async () => (await left(home, Store.later)) === 0);
  assert.deepEqual(await finals(home), ["mesh.result.boss.d.final.painter"]);
});

test("nobody but its submitter and an operator takes back what is for later", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const boss = await home.connect("boss");
  const { paint } = boss.client(painter);
  const at = new Date(Date.now() + hour);
  const gate = await paint.submit({ what: "a gate" }, { id: "gate", at });
  await soon("it is taken", async () => (await all(paint.schedules())).length === 1);
  const address = { agent: "painter", skill: "paint", submitter: "boss", id: "gate" };
  const order = scheduleCancellation(address, "rival", signerOf(home, "rival"));
  assert.match(await sendPlain(home, "rival", order), /"seq":/);
  await soon("it is refused", async () => (await deadLetters(home)).length === 1);
  const [letter] = await deadLetters(home);
  assert.deepEqual([letter?.code, (await all(paint.schedules())).length], ["permission_denied", 1]);
  assert.match(letter?.why ?? "", /rival is agent:rival and may not cancel what boss has/);
  // Under the name of another one it does not get as far as that.
  const forged = { ...order, subject: "mesh.later.painter.paint.boss" };
  assert.doesNotMatch(await sendPlain(home, "rival", forged), /"seq":/);
  const operators = scheduleCancellation(address, "ops", signerOf(home, "ops"));
  assert.match(await sendPlain(home, "ops", operators), /"seq":/);
  await assert.rejects(gate.result(patience), { code: "cancelled", message: /ops cancelled/ });
});

test("what an order says cannot be changed after it was signed", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const address = { agent: "painter", skill: "paint", submitter: "boss", id: "gate" };
  const order = scheduleCancellation(address, "ops", signerOf(home, "ops"));
  const headers = order.headers.map(([name, value]) =>
    name === Header.later
      ? ([name, String(value).replace("gate", "door")] as const)
      : ([name, value] as const),
  );
  await sendPlain(home, "ops", { ...order, headers });
  await soon("it is refused", async () => (await deadLetters(home)).length === 1);
  assert.match((await deadLetters(home))[0]?.why ?? "", /was changed after it was signed/);
});

test("nobody writes a schedule past keeper: the subjects lead nowhere", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const headers = [
    ["Nats-Schedule", "@at 2020-01-01T00:00:00Z"],
    ["Nats-Schedule-Target", "mesh.due.painter.paint.rival.x"],
  ] as const;
  for (const name of ["boss", "painter", "ops", "keeper"]) {
    for (const kind of ["schedule", "due"]) {
      const subject = `mesh.${kind}.painter.paint.boss.x`;
      const said = await sendPlain(home, name, { subject, payload: "{}", headers });
      assert.doesNotMatch(said, /"seq":/, `${name} ${kind}`);
    }
  }
  // Nor does an order that carries the server's own headers.
  const order = { subject: "mesh.later.painter.paint.boss", payload: "{}", headers };
  assert.match(await sendPlain(home, "boss", order), /message schedules is disabled|10188/);
  assert.equal(await left(home, Store.schedules), 0);
});

test("what a name has for later is not done once that name is shut out", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const done: string[] = [];
  await servePainter(home, ({ what }, ctx) => {
    done.push(ctx.caller);
    return { painted: what };
  });
  const boss = (await home.connect("boss")).client(painter);
  const rival = (await home.connect("rival")).client(painter);
  await laterThan(readFileSync(home.home.layout.account("desk").jwt, "utf8").trim());
  await boss.paint.schedule({ what: "a fence" }, { id: "fence", cron: "* * * * * *" });
  const { exit, err } = await home.run("identity", "revoke", "boss");
  assert.equal(exit, 0, err);
  const task = await rival.paint.submit({ what: "a door" }, { delayMs: 1_500 });
  await task.result(patience);
  const denied = () =>
    deadLetters(home).then((all) => all.filter(({ why }) => /revoked/.test(why)));
  await soon("its firing is refused", async () => (await denied()).length > 0);
  await soon("and it fires no more", async () => (await left(home, Store.schedules)) === 1);
  assert.ok((await denied()).every(({ code }) => code === "permission_denied"));
  assert.ok(done.includes("rival"));
});

test("what a name has for later is not done once it may not submit there any more", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const { paint } = (await home.connect("rival")).client(painter);
  const task = await paint.submit({ what: "a gate" }, { id: "gate", delayMs: 15_000 });
  await soon("it is taken", async () => (await all(paint.schedules())).length === 1);
  const narrowed = painterMesh.replace("submits: [painter.paint]", "submits: [painter.sketch]");
  writeFileSync(home.home.layout.meshFile, narrowed);
  const applied = await home.run("apply");
  assert.equal(applied.exit, 0, applied.err);
  await soon("it is refused", async () => (await deadLetters(home)).length === 1);
  const [letter] = await deadLetters(home);
  assert.match(letter?.why ?? "", /rival, whose gate is due, may not submit to painter.paint/);
  assert.equal(task.id, "gate");
  const final = "mesh.result.rival.gate.final.painter";
  await soon("its result is stored", async () => (await finals(home)).includes(final));
  assert.deepEqual(await finals(home), [final]);
});
