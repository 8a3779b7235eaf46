import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "../../../../libs/errors/index.ts";
import { type DeadFilter, fits } from "../../../../libs/operate/dead/filter.ts";
import type { BareLetter } from "../../../../libs/operate/dead/letter.ts";
import { markersOf } from "../../../../libs/operate/dead/marker.ts";
import { storedLetters } from "../../../../libs/operate/dead/stored-letters.ts";
import { fakeStream } from "../../../support/fake-stream.ts";

const letters = [
  { seq: 1, subject: "mesh.dead.event.crm.users.seq-4.0" },
  { seq: 2, subject: "mesh.dead.task.painter.paint.t1.0" },
  { seq: 3, subject: "mesh.dead.redriven.painter.paint.t1.0" },
  { seq: 4, subject: "mesh.dead.event.crm.users.seq-9.0" },
  { seq: 5, subject: "mesh.dead.task.drawer.paint.t1.0" },
  { seq: 6, subject: "mesh.dead.task.painter.paint.t2.0" },
];

async function read(filter: DeadFilter, signal?: AbortSignal): Promise<string> {
  const found: number[] = [];
  const { door } = fakeStream(letters);
  for await (const { sequence } of storedLetters(door, filter, signal)) found.push(sequence);
  return found.join();
}

test("letters of tasks and events are read in one order, the oldest first, and no markers", async () => {
  assert.equal(await read({}), "1,2,4,5,6");
  assert.equal(await read({ kind: "task" }), "2,5,6");
  assert.equal(await read({ kind: "event" }), "1,4");
  assert.equal(await read({ agent: "painter" }), "2,6");
  assert.equal(await read({ skill: "users" }), "1,4");
  assert.equal(await read({ skill: "paint", agent: "painter" }), "2,6");
  assert.equal(await read({ task: "t1" }), "1,2,4,5", "an event's id is not in its subject");
  await assert.rejects(read({}, AbortSignal.abort("enough")), { code: MeshCode.Cancelled });
});

test("a letter fits a filter that names its skill and its trace, and none that names others", () => {
  const facts = { subject: "mesh.task.painter.paint.normal.boss", traceId: "a".repeat(32) };
  const letter = {
    ...{ kind: "task", agent: "painter", skill: "paint", task: "t1", generation: 0, facts },
    ...{ original: { subject: facts.subject } },
  } as unknown as BareLetter;
  for (const filter of [{}, { skill: "paint" }, { traceId: facts.traceId }]) {
    assert.ok(fits(letter, filter), JSON.stringify(filter));
  }
  for (const filter of [{ skill: "sketch" }, { traceId: "b".repeat(32) }]) {
    assert.ok(!fits(letter, filter), JSON.stringify(filter));
  }
});

/** A marker where it belongs, unless it is said to lie elsewhere. */
function marker(seq: number, to: string, more: { letter?: string; sequence?: number } = {}) {
  const { letter = "mesh.dead.task.painter.paint.t1.0", sequence = 2 } = more;
  const body = JSON.stringify({ letter, sequence, by: "ops", to });
  return { seq, subject: `mesh.dead.redriven.${to}.paint.t1.0`, body };
}

test("what became of a letter is read of that letter alone, wherever it was brought", async () => {
  const dropped = "mesh.dead.dropped.painter.paint.t1.0";
  const other = { letter: "mesh.dead.task.drawer.paint.t1.0", sequence: 5 };
  const { door, asked } = fakeStream([
    marker(10, "sandbox"),
    marker(11, "painter"),
    marker(12, "drawer", other),
    marker(13, "second", { sequence: 1 }),
    { ...marker(14, "third"), subject: "mesh.dead.redriven.fourth.paint.t1.0" },
    { seq: 15, subject: "mesh.dead.redriven.fifth.paint.t1.0", body: "{no" },
    { ...marker(16, "painter"), subject: dropped },
    { ...marker(17, "painter"), subject: "mesh.dead.redriven.painter.paint.t2.0" },
  ]);
  const found = await markersOf(door, { subject: letters[1]?.subject ?? "", sequence: 2 });
  assert.deepEqual(
    found.map(({ outcome, to, by, place }) => [outcome, to, by, place]),
    [
      ["redriven", "sandbox", "ops", 10],
      ["redriven", "painter", "ops", 11],
      ["dropped", "painter", "ops", 16],
    ],
  );
  const filters = new Set(asked.map(({ next_by_subj: filter }) => filter));
  assert.deepEqual([...filters].sort(), [dropped, "mesh.dead.redriven.*.paint.t1.0"]);
});
