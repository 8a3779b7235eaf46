import assert from "node:assert/strict";
import { test } from "node:test";
import { type Context, connect } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { Cable } from "../../support/cable.ts";
import { finals, left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { joinStore, storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };
const final = "mesh.result.boss.t1.final.painter";

/** A handler that waits until it may end, or is told to stop; `said` is what became of each run. */
class Painting {
  readonly said: string[] = [];
  /** Most runs at once. */
  most = 0;
  #now = 0;
  #open = (): void => {};
  readonly #gate = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  readonly handlers = {
    paint: async (_input: unknown, ctx: Context) => {
      this.said.push(`begun ${ctx.attempt}`);
      this.most = Math.max(this.most, ++this.#now);
      const stopped = new Promise<void>((resolve) => {
        ctx.signal.addEventListener("abort", () => resolve());
      });
      await Promise.race([this.#gate, stopped]);
      this.#now--;
      this.said.push(`${ctx.signal.aborted ? "stopped" : "painted"} ${ctx.attempt}`);
      return { painted: `by attempt ${ctx.attempt}` };
    },
    sketch: () => ({}),
    async *stroke() {},
  };

  open(): void {
    this.#open();
  }
}

const story = ["begun 1", "stopped 1", "begun 2", "painted 2"];

/** Asserts that it was done by the second attempt, and nothing of it is left. */
async function doneByTheSecond(home: HomeMesh, painting: Painting): Promise<void> {
  assert.deepEqual([painting.said, painting.most], [story, 1]);
  await eventually("it is gone", async () => (await left(home, Store.tasks)) === 0);
  assert.deepEqual(await finals(home), [final]);
}

test("an attempt that the server cannot hear of for too long is stopped, and what it answers counts no more", async () => {
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 5_000 });
  await using cable = await Cable.lay(home.server.port);
  const painting = new Painting();
  await using first = await connect({ ...home.access("painter"), servers: cable.url });
  await first.serve(painter, painting.handlers, { tasks: {} });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await eventually("it has begun", () => painting.said.length === 1);
  cable.sever();
  // Nobody can tell it so: it has to know by itself.
  await eventually("it is stopped", () => painting.said.includes("stopped 1"));
  const second = await home.connect("painter");
  await second.serve(painter, painting.handlers, { tasks: {} });
  await eventually("another one begins", () => painting.said.includes("begun 2"));
  cable.mend();
  await eventually("the first is back", () => first.isUp);
  painting.open();
  assert.deepEqual(await task.result(patience), { painted: "by attempt 2" });
  await doneByTheSecond(home, painting);
});

test("a task that comes to its worker again, while it is being done there, stops the attempt before", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const painting = new Painting();
  const worker = await home.connect("painter");
  await worker.serve(painter, painting.handlers, { tasks: {} });
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "t1" });
  await eventually("it has begun", () => painting.said.length === 1);
  // As the server does with what it takes for lost: the first delivery of the first message is given back.
  const store = await joinStore(home);
  store.publish(`$JS.ACK.${Store.tasks}.painter-normal.1.1.1.${Date.now()}000000.0`, "-NAK");
  await store.flush();
  await eventually("it has begun again", () => painting.said.includes("begun 2"));
  painting.open();
  assert.deepEqual(await task.result(patience), { painted: "by attempt 2" });
  await doneByTheSecond(home, painting);
  await store.close();
});
