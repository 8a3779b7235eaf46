import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { joinStore, storedMesh } from "../../support/stores.ts";

/** How often the tasks that wait were delivered, and how many of them wait. */
async function delivered(home: HomeMesh): Promise<number> {
  const nc = await joinStore(home);
  const { delivered } = await (await jetstreamManager(nc)).consumers.info(
    Store.tasks,
    "painter-normal",
  );
  await nc.close();
  return delivered.consumer_seq;
}

test("a worker that stops slowly spends no attempts of what it does not take any more", async () => {
  await using home = await storedMesh(painterMesh, ["painter"], {
    ackWaitMs: 2_000,
    maxDeliver: 20,
  });
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const ran: string[] = [];
  const paint = async ({ what }: { readonly what: string }) => {
    ran.push(what);
    if (what === "slow") await gate;
    return { painted: what };
  };
  const first = await servePainter(home, paint, { tasks: { concurrency: 64 } });
  const { paint: painting } = (await home.connect("boss")).client(painter);
  await painting.submit({ what: "slow" });
  await eventually("it runs", () => ran.length === 1);
  const stopping = first.drain({ timeoutMs: 20_000 });
  const task = await painting.submit({ what: "after" }, { id: "t2" });
  await eventually("it was looked at", async () => (await delivered(home)) >= 1);
  // What was asked for before must not get it again and again, until no delivery is left: another worker has it.
  await servePainter(home, paint, { tasks: { concurrency: 4 } });
  assert.deepEqual(await task.result({ timeoutMs: 20_000 }), { painted: "after" });
  assert.ok((await delivered(home)) < 10, `${await delivered(home)} deliveries`);
  open();
  await stopping;
});

test("what a worker gives back when it closes does not come to it once more", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const ran: string[] = [];
  const first = await servePainter(
    home,
    async ({ what }, { signal }) => {
      ran.push(what);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      throw signal.reason;
    },
    { tasks: { concurrency: 64 } },
  );
  const { paint } = (await home.connect("boss")).client(painter);
  const many = 20;
  const tasks = await Promise.all(
    Array.from({ length: many }, (_, at) => paint.submit({ what: `door ${at}` })),
  );
  await eventually("all run", () => ran.length === many);
  await first.close();
  assert.equal(await delivered(home), many);
  await servePainter(home, ({ what }) => ({ painted: what }));
  for (const task of tasks) await task.result({ timeoutMs: 20_000 });
  assert.equal(await delivered(home), 2 * many);
});

test("what a drain cuts short is done elsewhere, however often, and spends no attempt", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  const task = await paint.submit({ what: "a door" }, { id: "t1" });
  const begun: number[] = [];
  const tasks = { attempts: 2 };
  for (let deploys = 1; deploys <= 3; deploys++) {
    const worker = await servePainter(
      home,
      async (_input, { attempt, signal }) => {
        begun.push(attempt);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        throw signal.reason;
      },
      { tasks },
    );
    await eventually("it runs", () => begun.length === deploys);
    await worker.drain({ timeoutMs: 20 });
  }
  let fails = true;
  const last = await servePainter(
    home,
    ({ what }, { attempt }) => {
      begun.push(attempt);
      if (fails) throw new TypeError("no paint");
      return { painted: what };
    },
    { tasks: { ...tasks, firstDelayMs: 200 } },
  );
  await eventually("it has failed once", () => begun.length === 4);
  fails = false;
  assert.deepEqual(await task.result({ timeoutMs: 20_000 }), { painted: "a door" });
  assert.deepEqual(begun, [1, 2, 3, 4, 5]);
  await last.close();
});
