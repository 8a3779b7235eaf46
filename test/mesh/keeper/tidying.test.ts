import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Keeping, LetterTidying } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { deadOffice, listed, redriven } from "../../support/dead-office.ts";
import { deadLetters, left } from "../../support/durable-facts.ts";
import { HomeMesh } from "../../support/home-mesh.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { serveBroughtBack } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

const quickTidying = (keeping: Keeping): LetterTidying =>
  new LetterTidying(keeping, { afterMs: 1, everyMs: 50 });
const usualTidying = (keeping: Keeping): LetterTidying => new LetterTidying(keeping);

test("keeper removes letters that were brought back or dropped, with their markers, and no others", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await serveBroughtBack(home);
  const boss = await home.connect("boss");
  for (const id of ["back", "dropped", "open"]) {
    const task = await boss.client(painter).paint.submit({ what: "a door" }, { id });
    await assert.rejects(task.result(patience));
  }
  await using office = await deadOffice(home);
  assert.equal((await redriven(office, { task: "back" }))[0]?.is, "redriven");
  for await (const { is } of office.drop({ task: "dropped" })) assert.equal(is, "dropped");
  for await (const { is, why } of office.drop({ task: "dropped", state: "any" })) {
    assert.deepEqual([is, why], ["refused", "it is dropped already"]);
  }
  const [refused] = await redriven(office, { task: "dropped", state: "any" });
  assert.match(refused?.why ?? "", /^it was dropped already at .* by ops$/);
  assert.equal(await left(home, Store.dead), 5);
  // It is up once its first round is over: what was done just now is kept for a day.
  const patient = await joinKeeper(home, { duties: { "done letters": usualTidying } });
  await eventually("it has looked", () => patient.isUp);
  await patient.close();
  assert.equal(await left(home, Store.dead), 5);
  await using _keeper = await joinKeeper(home, { duties: { "done letters": quickTidying } });
  await eventually("one is left", async () => (await left(home, Store.dead)) === 1);
  assert.deepEqual(
    (await deadLetters(home)).map(({ subject }) => subject),
    ["mesh.dead.task.painter.paint.open.0"],
  );
  assert.equal((await listed(office)).length, 1);
});

test("a keeper without streams says so, and begins when they are there", async () => {
  await using home = await HomeMesh.start({ mesh: `${painterMesh}    provision: off\n` });
  assert.equal((await home.run("apply")).exit, 0);
  const warned: string[] = [];
  const logger = {
    info: () => {},
    warn: (_: object, text?: string) => void warned.push(text ?? ""),
  };
  await using keeper = await joinKeeper(home, { logger });
  await eventually("it says why", () =>
    warned.some((text) => /no such (stream|consumer)/.test(text)),
  );
  assert.equal(keeper.isUp, false);
  // Each duty finds out for itself.
  const isSaid = () => /dead letters: unavailable/.test(keeper.whyDown ?? "");
  await eventually("it says which of its duties", isSaid);
  writeFileSync(home.home.layout.meshFile, painterMesh);
  assert.equal((await home.run("apply")).exit, 0);
  await eventually("it is at work", () => keeper.isUp);
  assert.equal(keeper.whyDown, undefined);
});
