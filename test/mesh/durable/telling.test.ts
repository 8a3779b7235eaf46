import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshError } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { finals, left } from "../../support/durable-facts.ts";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

/** What was rejected and nobody took, until it is disposed of: it would end a process. */
class Unhandled implements Disposable {
  readonly seen: unknown[] = [];
  readonly #note = (reason: unknown): void => void this.seen.push(reason);

  constructor() {
    process.on("unhandledRejection", this.#note);
  }

  [Symbol.dispose](): void {
    process.off("unhandledRejection", this.#note);
  }
}

/** A gate that a handler waits behind. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

test("what a handler tells without waiting, of a task that was cancelled, ends no process", async () => {
  using unhandled = new Unhandled();
  await using home = await storedMesh(painterMesh, ["painter"]);
  const seen: string[] = [];
  await servePainter(home, async ({ what }, ctx) => {
    seen.push(what);
    if (what === "other") return { painted: what };
    await aborted(ctx.signal);
    void ctx.progress("too late");
    void ctx.checkpoint("too late");
    seen.push("told");
    return { painted: what };
  });
  const { paint } = (await home.connect("boss")).client(painter);
  const task = await paint.submit({ what: "a door" });
  await eventually("it runs", () => seen.length === 1);
  await task.cancel();
  await assert.rejects(task.result(patience), (error) => isMeshError(error, "cancelled"));
  await eventually("it has told", () => seen.includes("told"));
  const other = await paint.submit({ what: "other" });
  assert.deepEqual(await other.result(patience), { painted: "other" });
  assert.deepEqual(unhandled.seen, []);
});

test("what a handler tells without waiting, while the broker is away, ends no process", async () => {
  using unhandled = new Unhandled();
  await using home = await storedMesh(painterMesh, ["painter"], { ackWaitMs: 5_000 });
  const away = gate();
  const seen: string[] = [];
  await servePainter(
    home,
    async ({ what }, ctx) => {
      if (ctx.attempt > 1) return { painted: what };
      seen.push("begun");
      await away.passed;
      // Both wait for the broker until the attempt has had its time.
      void ctx.progress("lost");
      await ctx.progress("lost as well").catch(() => seen.push("refused"));
      return { painted: "too late" };
    },
    { tasks: { attemptMs: 2_000 } },
  );
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" });
  await eventually("it runs", () => seen.includes("begun"));
  await home.server.kill();
  away.open();
  await eventually("it was refused", () => seen.includes("refused"));
  await home.server.restart();
  assert.deepEqual(await task.result({ timeoutMs: 60_000 }), { painted: "a door" });
  assert.deepEqual([seen, unhandled.seen], [["begun", "refused"], []]);
});

test("a handler that waits for what it tells learns that its task was cancelled, and the task is gone at once", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const reasons: unknown[] = [];
  const many = 8;
  let telling = 0;
  await servePainter(
    home,
    async ({ what }, ctx) => {
      telling++;
      try {
        for (let at = 0; !ctx.signal.aborted; at++) await ctx.progress({ at });
      } finally {
        const { reason } = ctx.signal;
        reasons.push(reason instanceof MeshError ? reason.code : reason);
      }
      return { painted: what };
    },
    { tasks: { concurrency: many } },
  );
  const { paint } = (await home.connect("boss")).client(painter);
  const submitted = Array.from({ length: many }, () => paint.submit({ what: "a door" }));
  const tasks = await Promise.all(submitted);
  await eventually("all of them tell", () => telling === many);
  await Promise.all(tasks.map((task) => task.cancel()));
  for (const task of tasks) {
    await assert.rejects(task.result(patience), (error) => isMeshError(error, "cancelled"));
  }
  await eventually("each handler has ended", () => reasons.length === many);
  assert.deepEqual(reasons, Array(many).fill("cancelled"));
  // The server waits half a minute for a word before it brings one again.
  await eventually("no task is left", async () => (await left(home, Store.tasks)) === 0, {
    timeoutMs: 10_000,
  });
  assert.deepEqual([telling, (await finals(home)).length], [many, many]);
});
