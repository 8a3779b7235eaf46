import assert from "node:assert/strict";
import { test } from "node:test";
import { painter, painterMesh } from "../../support/painter.ts";
import { storedMesh } from "../../support/stores.ts";

test("a task is stored, done by a worker, and its result read by who submitted it", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const worker = await home.connect("painter");
  const seen: unknown[] = [];
  await worker.serve(
    painter,
    {
      paint: ({ what }, ctx) => {
        seen.push([ctx.caller, ctx.id, ctx.attempt, ctx.left]);
        return { painted: what };
      },
      sketch: () => ({}),
      async *stroke() {},
    },
    { tasks: { concurrency: 2 } },
  );
  const boss = await home.connect("boss");
  const task = await boss.client(painter).paint.submit({ what: "a door" }, { id: "door-1" });
  assert.deepEqual(task.receipt, {
    id: "door-1",
    stored: true,
    sequence: 1,
    duplicate: false,
    listeners: "some",
  });
  assert.deepEqual(await task.result({ timeoutMs: 20_000 }), { painted: "a door" });
  assert.deepEqual(seen, [["boss", "door-1", 1, undefined]]);
  assert.equal((await task.status()).state, "done");
});
