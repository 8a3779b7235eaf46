import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "@myelin/subjects";
import { finals, left } from "../../support/durable-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { hurryKeepers, soon } from "../../support/later.ts";
import { launchKeeper } from "../../support/launch.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 60_000 };

test("a keeper is killed while it takes orders, one is stopped while it releases: each task is done once", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await hurryKeepers(home, 2_000);
  const many = 600;
  const runs = new Map<string, number>();
  await servePainter(
    home,
    ({ what }, ctx) => {
      runs.set(ctx.id, (runs.get(ctx.id) ?? 0) + 1);
      return { painted: what };
    },
    { tasks: { concurrency: 16 } },
  );
  const { paint } = (await home.connect("boss")).client(painter);
  await using first = await launchKeeper(home);
  const at = new Date(Date.now() + 10_000);
  const submitted = Array.from({ length: many }, (_, n) =>
    paint.submit({ what: `picture ${n}` }, { id: `picture-${n}`, at }),
  );
  await soon("some orders are taken", async () => (await left(home, Store.schedules)) > 20);
  first.signal("SIGKILL");
  await first.ended;
  await Promise.all(submitted);
  await using second = await launchKeeper(home);
  await using third = await launchKeeper(home);
  await soon("some are done", () => runs.size > 50);
  second.signal("SIGSTOP");
  await soon("all are done", () => runs.size === many);
  // It goes on with what it had in its hands, and others have done meanwhile.
  second.signal("SIGCONT");
  await soon(
    "nothing is left over",
    async () =>
      (await left(home, Store.later)) +
        (await left(home, Store.schedules)) +
        (await left(home, Store.tasks)) ===
      0,
  );
  for (const keeper of [second, third]) keeper.signal("SIGTERM");
  await Promise.all([second.ended, third.ended]);
  assert.deepEqual(
    [...runs].filter(([, times]) => times !== 1),
    [],
  );
  const ended = await finals(home);
  assert.deepEqual([ended.length, new Set(ended).size], [many, many]);
});

test("orders wait for a keeper that comes later, and the receipt says that nobody is there", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  await servePainter(home, ({ what }) => ({ painted: what }));
  const { paint } = (await home.connect("boss")).client(painter);
  const task = await paint.submit({ what: "a gate" }, { delayMs: 50 });
  assert.equal(task.receipt?.listeners, "none");
  await using _keeper = await joinKeeper(home);
  assert.deepEqual(await task.result(patience), { painted: "a gate" });
});
