import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { deadLetters } from "../../support/durable-facts.ts";
import { owed } from "../../support/event-facts.ts";
import { accountsEvent, type EventMoving, moveEvent } from "../../support/event-moves.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { storedMesh } from "../../support/stores.ts";

const settled = (home: HomeMesh): Promise<unknown> =>
  eventually("nothing is owed", async () => (await owed(home, "crm=users")) === 0);

/** A mesh in which crm could not handle event 1, and could handle event 2. */
async function afterDeath(): Promise<{ home: HomeMesh; runs: string[] }> {
  const home = await storedMesh(accountsMesh, []);
  const runs: string[] = [];
  const crm = await home.connect("crm");
  const handled = on(accounts, "user.signed-up", async ({ user }, ctx) => {
    const { generation = 0, why = "told" } = ctx.moved ?? {};
    runs.push(`${user} ${ctx.id} of ${ctx.publisher}, ${why} ${generation}`);
    if (user === "ada" && generation < 2) ctx.giveUp("not yet");
  });
  await crm.follow("users", [handled], { attempts: 2, firstDelayMs: 20 });
  const bystander = await home.connect("welcome");
  await bystander.follow("signups", [
    on(accounts, "user.signed-up", ({ user }) => void runs.push(`welcome ${user}`)),
  ]);
  const publisher = await home.connect("accounts");
  await publisher.publish(accounts, "user.signed-up", { user: "ada" }, { id: "e1" });
  await publisher.publish(accounts, "user.signed-up", { user: "bob" }, { id: "e2" });
  await eventually("all have them", () => runs.length === 4);
  await settled(home);
  runs.length = 0;
  return { home, runs };
}

test("an event that is redriven reaches its one subscription again, as often as it takes", async () => {
  const { home, runs } = await afterDeath();
  await using _home = home;
  await moveEvent(home, 1, { mover: "ops", generation: 1 });
  await eventually("it comes again", () => runs.length === 1);
  await settled(home);
  await moveEvent(home, 1, { mover: "ops", generation: 2 });
  await eventually("and again", () => runs.length === 2);
  await settled(home);
  assert.deepEqual(runs, ["ada e1 of accounts, redrive 1", "ada e1 of accounts, redrive 2"]);
  const dead = await deadLetters(home);
  const names = dead.map(({ subject }) => subject.replace(/-[0-9a-z]+\./, "."));
  assert.deepEqual(names, ["mesh.dead.event.crm.users.1.0", "mesh.dead.event.crm.users.1.1"]);
  assert.equal(dead[1]?.header("Origin-ce-id"), "e1");
});

test("a replayed event says so, and does not leave the process", async () => {
  await using home = await storedMesh(accountsMesh, []);
  const crm = await home.connect("crm");
  const seen: unknown[] = [];
  await crm.follow("users", [
    on(accounts, "user.signed-up", async (_data, ctx) => {
      const onward = await ctx
        .publish(accounts, "user.left", { user: "ada" })
        .catch((error: unknown) => isMeshError(error, "permission_denied"));
      seen.push([ctx.replay?.sequence, ctx.moved?.why, ctx.replay === undefined || onward]);
    }),
  ]);
  await (await home.connect("accounts")).publish(accounts, "user.signed-up", { user: "ada" });
  await eventually("it came", () => seen.length === 1);
  await moveEvent(home, 1, { mover: "ops", why: "replay", generation: 0 });
  await eventually("it came again", () => seen.length === 2);
  assert.deepEqual(seen, [
    [undefined, undefined, true],
    [1, "replay", true],
  ]);
});

interface Attack {
  readonly what: string;
  readonly moving: EventMoving;
  readonly why: RegExp;
}

const forgeries: readonly Attack[] = [
  {
    what: "a move that nobody signed",
    moving: { mover: "ops", isSigned: false },
    why: /the move of event 1-x is not signed/,
  },
  {
    what: "a move that an agent signed and an operator sent",
    moving: { mover: "rival", as: "ops" },
    why: /rival signed it, its subject speaks for ops/,
  },
  {
    what: "a move of other bytes than those that were signed",
    moving: { mover: "ops", body: '{"user":"eve"}' },
    why: /its body of \d+ bytes was changed after it was signed/,
  },
  {
    what: "a move for later, which events do not have",
    moving: { mover: "keeper", why: "later", generation: 0 },
    why: /brings back no event/,
  },
  {
    what: "a move of what is no event",
    moving: {
      mover: "ops",
      original: (original) => ({ ...original, subject: "mesh.task.crm.users.high.boss" }),
    },
    why: /brings back no event/,
  },
  {
    what: "a move of a signed event under another's name",
    moving: {
      mover: "ops",
      original: (original) => ({ ...original, subject: accountsEvent("plan.changed") }),
    },
    why: /has no handler for it/,
  },
];

for (const { what, moving, why } of forgeries) {
  test(`${what} is a dead letter of its own, and is not handled`, async () => {
    const { home, runs } = await afterDeath();
    await using _home = home;
    await moveEvent(home, 1, moving);
    await eventually("it is given up", async () => (await deadLetters(home)).length === 2, {
      timeoutMs: 15_000,
    });
    assert.match((await deadLetters(home))[1]?.why ?? "", why);
    assert.deepEqual(runs, []);
  });
}
