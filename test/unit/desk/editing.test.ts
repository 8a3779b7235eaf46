import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "@myelin/mesh";
import type { Document } from "../../../services/desk/contracts/librarian.ts";
import type { Verdict } from "../../../services/desk/contracts/reviewer.ts";
import type { Correction } from "../../../services/desk/contracts/summarizer.ts";
import { bounded } from "../../../services/desk/editing/bounded.ts";
import { type Colleagues, edit } from "../../../services/desk/editing/edit.ts";
import { Manuscript } from "../../../services/desk/editing/manuscript.ts";

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
  let reviews = 0;
  const colleagues: Colleagues = {
    read: async () => document,
    terms: async () => [a, b],
    summarize: async (_, correction) => {
      corrections.push(correction);
      return { summary: `summary ${corrections.length}`, by: "summarizer-1", attempt: 1 };
    },
    review: async () => verdicts[reviews++] ?? { is: "accepted" },
    ...parts,
  };
  return { colleagues, corrections };
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
  const { colleagues, corrections } = team([sentBack("no apple", a), sentBack("no pear", b)]);
  const edited = await edit("x.md", colleagues);
  assert.ok(edited.is === "edited");
  assert.equal(edited.piece.summary, "summary 3");
  assert.equal(edited.calls.length, 3);
  assert.deepEqual(corrections, [
    undefined,
    { reason: "no apple", previous: "summary 1", mention: [a] },
    { reason: "no pear", previous: "summary 2", mention: [a, b] },
  ]);
});

test("a reviewer who is never content leaves a remark, not an endless loop", async () => {
  const never = Array.from({ length: 10 }, () => sentBack("too dull", a));
  const { colleagues, corrections } = team(never);
  const edited = await edit("x.md", colleagues);
  assert.ok(edited.is === "edited");
  assert.equal(corrections.length, 3);
  assert.equal(edited.piece.remark, "too dull");
});

test("a failure loses that document, with the reason that the skill gave", async () => {
  const fails = (error: unknown) => team([], { read: () => Promise.reject(error) }).colleagues;
  const declared = new MeshError(MeshCode.DomainError, "unreadable", {
    domain: { name: "unreadable", data: { path: "x.md", why: "it is not there" } },
  });
  assert.deepEqual(await edit("x.md", fails(declared)), {
    is: "lost",
    path: "x.md",
    why: "it is not there",
  });
  assert.deepEqual(await edit("x.md", fails(new MeshError(MeshCode.Unavailable, "nobody"))), {
    is: "lost",
    path: "x.md",
    why: "unavailable: nobody",
  });
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
    const piece = { path, title: path, summary: "", terms: [], cut: false, remark: undefined };
    manuscript.take({ is: "edited", path, piece, calls: [] });
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
