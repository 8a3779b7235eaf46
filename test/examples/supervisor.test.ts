import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { deadLetters, finals, left } from "../support/durable-facts.ts";
import type { HomeMesh } from "../support/home-mesh.ts";
import { storedMesh } from "../support/stores.ts";
import { crafts, manager, mesh } from "./supervisor/contracts.ts";
import { type Review, supervise } from "./supervisor/manager.ts";

const patience = { timeoutMs: 60_000 };
const workers = [...crafts.map(({ name }) => name), "manager"];

/** Two workers of each craft; `made` gets what each made, and of which context. */
async function employ(home: HomeMesh, made: string[]): Promise<void> {
  for (const craft of crafts) {
    for (const _worker of [1, 2]) {
      const joined = await home.connect(craft.name);
      await joined.serve(
        craft,
        {
          make: ({ brief, sentBack }, ctx) => {
            made.push(`${ctx.id} ${sentBack?.reason ?? "first"}`);
            const how =
              sentBack === undefined ? "" : ` (not "${sentBack.work}": ${sentBack.reason})`;
            assert.match(brief, new RegExp(craft.name));
            return { work: `${craft.name}'s part${how}` };
          },
        },
        { tasks: { concurrency: 1 } },
      );
    }
  }
}

/** Does not like the first copy. */
const strict: Review = (craft, work) =>
  craft === "copywriter" && !work.includes("shorter") ? "make it shorter" : undefined;

test("a manager splits a job, sends one piece back with a reason, and assembles the whole", async () => {
  await using home = await storedMesh(mesh, workers);
  const made: string[] = [];
  await employ(home, made);
  const boss = await home.connect("manager");
  await boss.serve(manager, supervise(strict), { tasks: {} });
  const customer = (await home.connect("customer")).client(manager);
  const job = await customer.build.submit({ what: "a landing page" }, { id: "page" });
  const told: unknown[] = [];
  const reading = (async () => {
    for await (const { value } of job.progress(patience)) told.push(value);
  })();
  const { page } = await job.result(patience);
  assert.deepEqual(page.split("\n"), [
    "copywriter's part (not \"copywriter's part\": make it shorter)",
    "coder's part",
    "designer's part",
  ]);
  await reading;
  assert.deepEqual(told, [{ sentBack: "copywriter", reason: "make it shorter" }]);
  assert.deepEqual(made.toSorted(), [
    "page-coder-1 first",
    "page-copywriter-1 first",
    "page-copywriter-2 make it shorter",
    "page-designer-1 first",
  ]);
  await eventually("nothing is left", async () => (await left(home, Store.tasks)) === 0);
  assert.deepEqual([(await finals(home)).length, await deadLetters(home)], [5, []]);
});

test("a manager that fails in the middle has nothing made twice: the next attempt finds the same tasks", async () => {
  await using home = await storedMesh(mesh, workers);
  const made: string[] = [];
  await employ(home, made);
  let reviews = 0;
  const falling: Review = (craft, work) => {
    // After the copy was sent back.
    if (++reviews === 4) throw new Error("the manager falls over");
    return strict(craft, work);
  };
  const boss = await home.connect("manager");
  await boss.serve(manager, supervise(falling), { tasks: { firstDelayMs: 20 } });
  const customer = (await home.connect("customer")).client(manager);
  const job = await customer.build.submit({ what: "a landing page" }, { id: "page" });
  const { page } = await job.result(patience);
  assert.match(page, /shorter/);
  assert.equal(made.length, 4, made.join());
  assert.ok(reviews > 4);
});
