import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadLetters, left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

// Everything here has its defaults: what a newcomer's agents go through when their server is restarted, or stalls.

/** Does something every 25 ms while the server is killed, stalls, and is killed again; answers what each gave. */
async function whileItFails<T>(home: HomeMesh, work: (at: number) => Promise<T>): Promise<T[]> {
  const under: Promise<T>[] = [];
  let isOver = false;
  const working = (async () => {
    for (let at = 0; !isOver; at++) {
      const one = work(at);
      // Awaited below.
      one.catch(() => {});
      under.push(one);
      await sleep(25);
    }
  })();
  await sleep(500);
  await home.server.kill();
  await sleep(1_200);
  await home.server.restart();
  await sleep(700);
  await home.server.pause();
  await sleep(2_500);
  home.server.resume();
  await sleep(700);
  await home.server.kill();
  await home.server.restart();
  await sleep(500);
  isOver = true;
  await working;
  return Promise.all(under);
}

test("tasks with every default outlive a server that is killed and stalls: each is done, none given up", async () => {
  await using home = await storedMesh(painterMesh, ["painter"], { maxDeliver: 20 });
  const paint = async ({ what }: { readonly what: string }) => {
    await sleep(30);
    return { painted: what };
  };
  for (const _worker of [1, 2]) await servePainter(home, paint, { tasks: {} });
  const boss = (await home.connect("boss")).client(painter);
  const tasks = await whileItFails(home, (at) => {
    const key = at % 5 === 0 ? { key: `k${at % 3}` } : {};
    return boss.paint.submit({ what: `t${at}` }, { id: `t${at}`, ...key });
  });
  const results = await Promise.all(tasks.map((task) => task.result({ timeoutMs: 60_000 })));
  assert.deepEqual(
    results.map(({ painted }) => painted),
    tasks.map(({ id }) => id),
  );
  assert.deepEqual(await deadLetters(home), []);
  // What a killed server has not written comes again after `ack_wait`, and is acknowledged anew.
  const isEmpty = async () => (await left(home, Store.tasks)) === 0;
  await eventually("none is left", isEmpty, { timeoutMs: 60_000 });
});

test("a handler that tells how far it is does not fail for a server that is away", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let isAway = false;
  let toldAfter = 0;
  await servePainter(
    home,
    async ({ what }, ctx) => {
      while (toldAfter < 3) {
        await ctx.progress({ what });
        await ctx.checkpoint({ what });
        if (isAway) toldAfter++;
        await sleep(50);
      }
      return { painted: what };
    },
    { tasks: { attempts: 1 } },
  );
  const task = await (await home.connect("boss")).client(painter).paint.submit({ what: "t" });
  await eventually("it runs", async () => (await task.status()).state === "running");
  await home.server.kill();
  isAway = true;
  await sleep(2_000);
  await home.server.restart();
  assert.deepEqual(await task.result({ timeoutMs: 60_000 }), { painted: "t" });
});

test("events do as well, signed or not: each is handled, none given up", async () => {
  await using home = await storedMesh(accountsMesh, [], { maxDeliver: 20 });
  const handled = new Set<string>();
  const handle = async (_data: unknown, { id }: { readonly id: string }): Promise<void> => {
    await sleep(30);
    handled.add(id);
  };
  for (const _follower of [1, 2]) {
    const crm = await home.connect("crm");
    await crm.follow("plans", [on(accounts, "plan.changed", handle)]);
    await crm.follow("users", [
      on(accounts, "user.signed-up", handle),
      on(accounts, "user.left", handle),
    ]);
  }
  const publisher = await home.connect("accounts");
  const receipts = await whileItFails(home, (at) => {
    const name = at % 2 === 0 ? "plan.changed" : "user.signed-up";
    return publisher.publish(accounts, name, { user: "ada" }, { id: `e${at}` });
  });
  await eventually("all are handled", () => handled.size === receipts.length, {
    timeoutMs: 60_000,
  });
  assert.deepEqual(await deadLetters(home), []);
});
