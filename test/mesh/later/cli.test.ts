import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "@myelin/subjects";
import { left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { soon } from "../../support/later.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { storedMesh } from "../../support/stores.ts";

const hour = 3_600_000;
const later = (home: HomeMesh, ...args: readonly string[]) =>
  home.run("later", ...args, "--home", "mesh");

test("an operator sees what is for later, whose it is, and takes it back", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const boss = (await home.connect("boss")).client(painter);
  const rival = (await home.connect("rival")).client(painter);
  const at = new Date(Date.now() + hour);
  const gate = await boss.paint.submit({ what: "a gate" }, { id: "gate", at, priority: "high" });
  await rival.paint.submit({ what: "a gate" }, { id: "gate", at });
  const often = { cron: "0 9 * * *", timezone: "Europe/Berlin" };
  await boss.paint.schedule({ what: "a fence" }, { id: "fence", ...often });
  await soon("all are taken", async () => (await left(home, Store.schedules)) === 3);
  const taken = await home.run("tasks", "show", "gate", "--home", "mesh");
  assert.match(taken.err, /no such task.*`myelin later ls .*`myelin later cancel .*takes it back/);
  const seen = await later(home, "ls");
  assert.equal(seen.exit, 0, seen.err);
  const next = at.toISOString();
  assert.match(seen.out, new RegExp(`gate +painter.paint +boss +${next} +high +once\n`));
  assert.match(seen.out, new RegExp(`gate +painter.paint +rival +${next} +normal +once\n`));
  assert.match(
    seen.out,
    /fence +painter.paint +boss +\S+Z +normal +0 0 9 \* \* \* Europe\/Berlin\n/,
  );
  const both = await later(home, "cancel", "gate");
  assert.equal(both.exit, 2);
  assert.match(both.err, /gate is several: .*--submitter/);
  const dry = await later(home, "cancel", "gate", "--submitter", "boss", "--dry-run");
  assert.match(dry.err, /gate of boss to painter.paint would be cancelled/);
  const done = await later(home, "cancel", "gate", "--submitter", "boss");
  assert.equal(done.exit, 0, done.err);
  await assert.rejects(gate.result({ timeoutMs: 10_000 }), { code: "cancelled" });
  const { out } = await later(home, "ls", "--agent", "painter", "--submitter", "boss", "--json");
  const { scheduled, waiting, keeper } = JSON.parse(out);
  assert.deepEqual(
    scheduled.map(({ id, cron }: { id: string; cron: string }) => [id, cron]),
    [["fence", "0 0 9 * * *"]],
  );
  assert.deepEqual([waiting, keeper], [0, true]);
});

test("without a keeper the list says so, and how many orders wait for one", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  await paint.submit({ what: "a gate" }, { id: "gate", delayMs: hour });
  const { exit, err } = await later(home, "ls");
  assert.equal(exit, 0, err);
  const lines =
    /nothing is for later\nno keeper is there: .*`myelin keeper --home mesh`\n1 order waits for keeper\n/;
  assert.match(err, lines);
  const unsure = await later(home, "cancel", "gate");
  assert.equal(unsure.exit, 4, unsure.err);
  const among = /it may be among 1 order that keeper has not taken yet: start a keeper \(`myelin k/;
  assert.match(unsure.err, among);
});

test("what is not there cannot be cancelled, and who is no operator may not look", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await using _keeper = await joinKeeper(home);
  const none = await later(home, "cancel", "gate");
  assert.match(none.err, /nothing with the id gate is for later/);
  assert.notEqual(none.exit, 0);
  const wild = await later(home, "cancel", "*");
  assert.match(wild.err, /must be/);
  const rival = await later(home, "ls", "--as", "rival");
  assert.notEqual(rival.exit, 0);
  assert.match(rival.err, /permission_denied|not allowed/);
  const own = await later(home, "cancel", "gate", "--as", "rival");
  assert.equal(own.exit, 1, own.err);
  const advice =
    /permission_denied.*\nnext: what rival has for later itself .*mesh\.task\(.*\.cancel\(\)/;
  assert.match(own.err, advice);
  assert.doesNotMatch(own.err, /members: \[rival\]/);
});
