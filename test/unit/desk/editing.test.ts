import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode, MeshError } from "@myelin/mesh";
import { isToken } from "@myelin/subjects";
import type { Document } from "../../../services/desk/contracts/librarian.ts";
import type { Verdict } from "../../../services/desk/contracts/reviewer.ts";
import type { Correction } from "../../../services/desk/contracts/summarizer.ts";
import { bounded } from "../../../services/desk/editing/bounded.ts";
import { type Colleagues, edit } from "../../../services/desk/editing/edit.ts";
import { Manuscript } from "../../../services/desk/editing/manuscript.ts";
import {
  editTask,
  isRunOf,
  newDesk,
  newRun,
  readSummaryTask,
  summaryTask,
} from "../../../services/desk/editing/tasks.ts";

const a = { term: "apple", forms: ["apple"] };
const b = { term: "pear", forms: ["pear"] };

const document: Document = { path: "x.md", title: "X", text: "Text.", bytes: 5, cut: false };

const sentBack = (reason: string, ...missing: (typeof a)[]): Verdict => ({
  is: "sent_back",
  reason,
  missing,
});

/** Colleagues whose reviewer gives these verdicts in turn, and what the summarizer was asked. */
function team(verdicts: readonly Verdict[], parts: Partial<Colleagues> = {}) {
  const corrections: (Correction | undefined)[] = [];
  const rounds: number[] = [];
  let reviews = 0;
  const colleagues: Colleagues = {
    read: async () => document,
    terms: async () => [a, b],
    summarize: async (_, correction, round) => {
      corrections.push(correction);
      rounds.push(round);
      return { summary: `summary ${corrections.length}`, by: "summarizer-1", attempt: 1 };
    },
    review: async () => verdicts[reviews++] ?? { is: "accepted" },
    ...parts,
  };
  return { colleagues, corrections, rounds };
}

test("a summary that is accepted is asked for once", async () => {
  const { colleagues, corrections } = team([]);
  const edited = await edit("x.md", colleagues);
  assert.ok(edited.is === "edited");
  assert.equal(edited.piece.summary, "summary 1");
  assert.equal(edited.piece.remark, undefined);
  assert.deepEqual(corrections, [undefined]);
});

test("a summary that is sent back is redone with the reason, and no missing term is forgotten", async () => {
  const { colleagues, corrections, rounds } = team([
    sentBack("no apple", a),
    sentBack("no pear", b),
  ]);
  const edited = await edit("x.md", colleagues);
  assert.ok(edited.is === "edited");
  assert.equal(edited.piece.summary, "summary 3");
  assert.equal(edited.tasks.length, 3);
  assert.deepEqual(corrections, [
    undefined,
    { reason: "no apple", previous: "summary 1", mention: [a] },
    { reason: "no pear", previous: "summary 2", mention: [a, b] },
  ]);
  // Each is a task of its own, with the same id whoever asks for it.
  assert.deepEqual(rounds, [1, 2, 3]);
});

test("a reviewer who is never content leaves a remark, not an endless loop", async () => {
  const never = Array.from({ length: 10 }, () => sentBack("too dull", a));
  const { colleagues, corrections } = team(never);
  const edited = await edit("x.md", colleagues);
  assert.ok(edited.is === "edited");
  assert.equal(corrections.length, 3);
  assert.equal(edited.piece.remark, "too dull");
});

const failing = (error: unknown) => team([], { read: () => Promise.reject(error) }).colleagues;

test("an error that a skill declares loses that document, with the reason that it gave", async () => {
  const declared = new MeshError(MeshCode.DomainError, "unreadable", {
    domain: { name: "unreadable", data: { path: "x.md", why: "it is not there" } },
  });
  const lost = { is: "lost", path: "x.md", why: "it is not there" };
  assert.deepEqual(await edit("x.md", failing(declared)), lost);
});

test("a failure that may pass loses nothing: the task is attempted again", async () => {
  const passing = failing(new MeshError(MeshCode.Unavailable, "nobody"));
  await assert.rejects(edit("x.md", passing), (error) => isMeshError(error, MeshCode.Unavailable));
});

test("a document has the same tasks in one run, whoever asks, and others in another run", () => {
  const [desk, other] = [newDesk(), newDesk()];
  const run = newRun(desk);
  assert.ok(isRunOf(desk, run) && !isRunOf(other, run));
  assert.equal(editTask(run, "a.md"), editTask(run, "a.md"));
  const ids = [editTask(run, "a.md"), editTask(run, "b.md"), editTask(newRun(desk), "a.md")];
  assert.equal(new Set(ids).size, 3);
  const task = summaryTask(run, "x/".repeat(2_000), 2);
  assert.ok(isToken(task));
  const document = editTask(run, "x/".repeat(2_000));
  assert.deepEqual(readSummaryTask(run, task), { document, round: 2 });
  for (const id of [document, "seq-7", run]) assert.equal(readSummaryTask(run, id), undefined);
  assert.equal(readSummaryTask(newRun(desk), task), undefined);
});

test("no more than the bound is worked on at once, and everything is done", async () => {
  let running = 0;
  let most = 0;
  const work = async (thing: number): Promise<number> => {
    most = Math.max(most, ++running);
    for (let turns = 0; turns <= thing % 4; turns++) await Promise.resolve();
    running--;
    return thing;
  };
  const things = Array.from({ length: 50 }, (_, at) => at);
  const results: number[] = [];
  for await (const result of bounded(things, 4, work)) results.push(result);
  assert.equal(most, 4);
  assert.deepEqual(
    results.sort((one, other) => one - other),
    things,
  );
});

test("the manuscript keeps the order in which documents were found, and says what is beyond the limit", () => {
  const manuscript = new Manuscript();
  assert.equal(manuscript.expect("1.md", 2), true);
  assert.equal(manuscript.expect("2.md", 2), true);
  assert.equal(manuscript.isOver, false);
  assert.equal(manuscript.expect("3.md", 2), false);
  assert.equal(manuscript.isOver, true);
  for (const path of ["2.md", "1.md"]) {
    const piece = { path, title: path, summary: "", terms: [], cut: false };
    manuscript.take({ is: "edited", piece, tasks: [] });
  }
  const paths = manuscript.digest((path) => path).pieces.map((piece) => piece.path);
  assert.deepEqual(paths, ["1.md", "2.md"]);
});

test("one failure ends the whole, and what else was running is not left to crash the process", async () => {
  const work = async (thing: number): Promise<number> => {
    await Promise.resolve();
    throw new MeshError(MeshCode.Internal, `number ${thing}`);
  };
  const results = bounded([1, 2, 3], 3, work);
  await assert.rejects(results.next(), /internal: number 1/);
});
