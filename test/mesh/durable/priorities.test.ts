import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { painter, painterMesh } from "../../support/painter.ts";
import { servePainter } from "../../support/painting.ts";
import { storedMesh } from "../../support/stores.ts";

const patience = { timeoutMs: 20_000 };

test("urgent tasks run before all others that wait, whenever both wait", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await home.connect("boss")).client(painter);
  const submit = (what: string) =>
    paint.submit({ what }, { priority: what.startsWith("high") ? "high" : "normal" });
  const names = (word: string, many: number) => Array.from({ length: many }, (_, at) => word + at);
  const before = await Promise.all([...names("normal", 10), ...names("high", 10)].map(submit));
  const begun: string[] = [];
  let late: Promise<unknown> = Promise.resolve();
  const paintOne = async ({ what }: { what: string }) => {
    begun.push(what);
    // While the normal ones are worked on more urgent ones come, and others.
    if (what === "normal4") {
      const more = [...names("later", 5), ...names("high-later", 5)].map(submit);
      const tasks = await Promise.all(more);
      late = Promise.all(tasks.map((task) => task.result(patience)));
    }
    return { painted: what };
  };
  await servePainter(home, paintOne, { tasks: { concurrency: 1 } });
  await Promise.all(before.map((task) => task.result(patience)));
  await late;
  assert.deepEqual(begun.slice(0, 10).toSorted(), names("high", 10));
  const after = begun.slice(begun.indexOf("normal4") + 1);
  assert.deepEqual(after.slice(0, 5).toSorted(), names("high-later", 5));
  assert.equal(begun.length, 30);
});

test("an urgent task does not wait behind a long one while another worker has room", async () => {
  await using home = await storedMesh(painterMesh, ["painter"]);
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const begun: string[] = [];
  const by = (name: string) => async (input: { what: string }) => {
    begun.push(`${input.what} by ${name}`);
    if (input.what === "long") await gate;
    return { painted: input.what };
  };
  const tasks = { concurrency: 1 };
  await servePainter(home, by("one"), { tasks });
  const { paint } = (await home.connect("boss")).client(painter);
  const long = await paint.submit({ what: "long" });
  await eventually("it runs", () => begun.includes("long by one"));
  await servePainter(home, by("two"), { tasks });
  for (const what of ["a", "b", "c"]) {
    const urgent = await paint.submit({ what }, { priority: "high" });
    assert.deepEqual(await urgent.result(patience), { painted: what });
  }
  const normal = await paint.submit({ what: "d" });
  assert.deepEqual(await normal.result(patience), { painted: "d" });
  go();
  await long.result(patience);
  assert.deepEqual(begun, ["long by one", "a by two", "b by two", "c by two", "d by two"]);
});
