import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const names = ["t1", "t2", "t3", "t4"] as const;

test("tasks whose signers cannot be verified for an outage wait for it, and spend no attempt", async () => {
  // What the server had sent as it was killed, and nobody got, comes again after so long.
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 6_000 });
  const attempts: number[] = [];
  await servePainter(home, ({ what }, { attempt }) => {
    attempts.push(attempt);
    return { painted: what };
  });
  const boss = (await home.connect("boss")).client(painter);
  // The first one that this worker has to verify comes as the server goes.
  const first = await boss.paint.submit({ what: "a door" });
  await home.server.kill();
  await sleep(300);
  await home.server.restart();
  const others = await Promise.all(names.map((id) => boss.paint.submit({ what: id }, { id })));
  const results = [first, ...others].map((task) => task.result({ timeoutMs: 20_000 }));
  assert.deepEqual(
    (await Promise.all(results)).map(({ painted }) => painted),
    ["a door", ...names],
  );
  assert.deepEqual(attempts, [1, 1, 1, 1, 1]);
  assert.deepEqual(await deadLetters(home), []);
});

test("signed events wait as well, and one that nobody tried goes to who is there", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const publisher = await home.connect("accounts");
  const seen: string[] = [];
  const handle = on(accounts, "plan.changed", (_data, { id }) => void seen.push(id));
  const first = await home.connect("crm");
  await first.follow("plans", [handle], { attempts: 2 });
  const tell = (id: string) => publisher.publish(accounts, "plan.changed", { user: "ada" }, { id });
  await tell("e0");
  await home.server.pause();
  await sleep(2_500);
  home.server.resume();
  await Promise.all(names.map(tell));
  await eventually("all are handled", () => seen.length === 5);
  assert.deepEqual(seen.toSorted(), ["e0", ...names]);
  assert.deepEqual(await deadLetters(home), []);
});
