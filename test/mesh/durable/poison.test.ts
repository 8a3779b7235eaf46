import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isMeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import { changeFollow, owed } from "../../support/event-facts.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { launchPainter } from "../../support/launch.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { Program } from "../../support/program.ts";
import { storedMesh } from "../../support/stores.ts";

interface Facts {
  readonly attempts: number;
  readonly tries: readonly { readonly attempt: number; readonly instance: string }[];
}

const patience = { timeoutMs: 20_000 };
const follower = fileURLToPath(new URL("../../support/follower-process.ts", import.meta.url));

test("a task that kills its workers takes no other task with it to the dead letters", async () => {
  using folder = temporaryFolder();
  const gate = join(folder.path, "gate");
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 3_000 });
  const boss = await home.connect("boss");
  const { paint } = boss.client(painter);
  const good = await paint.submit({ what: "slowly" }, { id: "good" });
  const fatal = await paint.submit({ what: "fatally" }, { id: "fatal" });
  const begun: string[] = [];
  // Whatever else is there: no more than the good one may need, too.
  for (let died = 0; died < 4; died++) {
    await using one = await launchPainter(home, gate);
    if (died === 2) {
      await eventually("the good one has begun", () => one.lines.includes("begun good 3"));
      assert.ok(!one.lines.includes("begun fatal 3"), "beside one that may be fatal");
      writeFileSync(gate, "");
      assert.match((await good.result(patience)).painted, /^slowly/);
    }
    if (died < 3) await one.ended;
    else
      await assert.rejects(fatal.result(patience), (error) =>
        isMeshError(error, "unknown_outcome"),
      );
    begun.push(...one.lines.filter((line) => line.startsWith("begun fatal")));
  }
  assert.deepEqual(begun, ["begun fatal 1", "begun fatal 2", "begun fatal 3"]);
  assert.deepEqual(
    (await deadLetters(home)).map(({ subject }) => subject),
    ["mesh.dead.task.painter.paint.fatal.0"],
  );
  assert.ok(existsSync(gate));
});

test("an event that kills its followers takes no other event with it to the dead letters", async () => {
  await using home = await storedMesh(accountsMesh, []);
  await changeFollow(home, "crm=users", { ack_wait: 2e9 });
  const publisher = await home.connect("accounts");
  const users = ["fatal", ...Array.from({ length: 20 }, (_, at) => `good-${at}`)];
  for (const user of users) await publisher.publish(accounts, "user.signed-up", { user });
  const lines: string[] = [];
  for (let died = 0; died < 6; died++) {
    await using one = new Program(follower, {
      MYELIN_URL: home.server.url,
      MYELIN_CREDS: home.creds("crm"),
      MYELIN_CA: home.home.layout.tls.ca,
    });
    if (died < 5) await one.ended;
    else await eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);
    lines.push(...one.lines);
  }
  const dead = await deadLetters(home);
  assert.deepEqual(
    dead.map(({ body }) => body),
    ['{"user":"fatal"}'],
  );
  assert.match(dead[0]?.why ?? "", /all 5 attempts .* were begun, and nobody saw the last one end/);
  const { attempts, tries } = JSON.parse(dead[0]?.facts ?? "") as Facts;
  // Of the first one nobody has told.
  assert.deepEqual([attempts, tries.map(({ attempt }) => attempt)], [5, [2, 3, 4, 5]]);
  assert.equal(new Set(tries.map(({ instance }) => instance)).size, 4);
  assert.equal(lines.filter((line) => line.startsWith("begun fatal")).length, 5);
  const done = new Set(lines.filter((line) => line.startsWith("done good")));
  assert.equal(done.size, 20);
});
