import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "@myelin/mesh";
import type {
  Digested,
  Edited,
  Figure,
  Outcome,
  SummaryTask,
} from "../../../services/desk/contracts/editor.ts";
import { Tally } from "../../../services/desk/editing/tally.ts";
import type { Proof } from "../../../services/desk/proof/prove.ts";
import { Course } from "../../../services/desk/run/course.ts";
import { explain } from "../../../services/desk/run/failure.ts";
import { killCost } from "../../../services/desk/run/kill-cost.ts";
import { Mishaps } from "../../../services/desk/run/mishaps.ts";
import { isWhole, recordOf } from "../../../services/desk/run/record.ts";
import { report } from "../../../services/desk/screen/report.ts";
import { palette } from "../../../services/desk/screen/text.ts";

const task = (startedAtMs: number, tookMs: number, attempt = 1): SummaryTask => ({
  by: "summarizer-1",
  ...{ startedAtMs, tookMs, attempt },
});

const killed = { label: "summarizer-2", pid: 7, atMs: 1_000 };
const drained = { label: "summarizer-3", pid: 8, atMs: 5_000 };

const figure = (agent: string, retries: number): Figure => ({
  ...{ agent, as: "call", retries, calls: 3, errors: 0 },
  ...{ p50: 1.25, p95: 20, p99: 1_500 },
});

/** A crew that notes what it is asked, and ends processes at once. */
function crew() {
  const asked: string[] = [];
  return {
    asked,
    kill: async (label: string) => asked.push(`kill ${label}`),
    drain: async (label: string) => asked.push(`drain ${label}`),
  };
}

function mishapsOf(notes: ReturnType<typeof crew>, ended: string[] = []): Mishaps {
  return new Mishaps({
    crew: notes,
    toKill: "summarizer-2",
    toDrain: "summarizer-3",
    onEnd: (kind, { label }) => ended.push(`${label} ${kind}`),
  });
}

test("the kill comes after a quarter of the documents, the drain after half, each once", async () => {
  const notes = crew();
  const mishaps = mishapsOf(notes);
  const after: string[][] = [];
  for (let done = 0; done <= 8; done++) {
    mishaps.onProgress(done, 8);
    after.push([...notes.asked]);
  }
  assert.deepEqual(after[1], []);
  assert.deepEqual(after[2], ["kill summarizer-2"]);
  assert.deepEqual(after[3], ["kill summarizer-2"]);
  assert.deepEqual(after[8], ["kill summarizer-2", "drain summarizer-3"]);
});

test("a single document sees both", async () => {
  const ended: string[] = [];
  const mishaps = mishapsOf(crew(), ended);
  mishaps.onProgress(0, 1);
  const over = await mishaps.over();
  assert.equal(over.killed?.label, "summarizer-2");
  assert.equal(over.drained?.label, "summarizer-3");
  assert.deepEqual(ended, ["summarizer-2 killed", "summarizer-3 drained"]);
});

test("the cost of a kill is what its tasks took longer than the others", () => {
  const repeated = [task(950, 400, 2), task(1_100, 700, 3), task(5_001, 120, 2), task(100, 200, 2)];
  const cost = { tasks: 2, retries: 3, addedMs: 900, worstMs: 600 };
  assert.deepEqual(killCost(repeated, 100, killed), cost);
});

test("a kill that nobody waited for cost nothing", () => {
  const none = { tasks: 0, retries: 0, addedMs: 0, worstMs: 0 };
  assert.deepEqual(killCost([], 100, killed), none);
});

const piece = { path: "a.md", title: "A", summary: "S.", terms: [], cut: true, remark: "dull" };
const tasks = [task(900, 100), task(950, 400, 2)];
const edited: Edited = { outcome: { is: "edited", piece, tasks }, attempt: 3 };
const lost: Outcome = { is: "lost", path: "b\u001b[2J.md", why: "it is not there" };

function tallyOf(...outcomes: readonly Edited[]): Tally {
  const tally = new Tally(2);
  for (const outcome of outcomes) tally.take(outcome, 500);
  return tally;
}

test("the tally counts what became of each document, and how the tasks went", () => {
  const tally = tallyOf(edited, { outcome: lost, attempt: 1 });
  assert.deepEqual(tally.progress, { documents: 2, done: 2, sentBack: 1, lost: 1 });
  assert.deepEqual(tally.counts, {
    ...{ documents: 2, summarised: 1, cut: 1, sentBack: 1, remarked: 1, usualMs: 100 },
    losses: [{ path: lost.path, why: lost.why }],
    repeated: [task(950, 400, 2)],
  });
  const [editor, summarizer] = tally.figures;
  assert.deepEqual([editor?.calls, editor?.errors, editor?.retries], [2, 1, 2]);
  assert.deepEqual([summarizer?.calls, summarizer?.retries, summarizer?.p99], [2, 1, 400]);
});

test("an editor that takes over does not turn the progress back", () => {
  const course = new Course();
  const told = (done: number) => ({ documents: 9, done, sentBack: 0, lost: 0 });
  assert.ok(course.take(told(0)) && course.take(told(4)));
  for (const done of [0, 3, 4]) assert.equal(course.take(told(done)), undefined);
  assert.deepEqual(course.take(told(6)), told(6));
});

const digested: Digested = {
  ...tallyOf(edited, { outcome: lost, attempt: 1 }).counts,
  ...{ beyondLimit: false, skipped: 1, markdown: "/o/digest.md", html: "/o/digest.html" },
  figures: [figure("summarizer", 2), figure("librarian", 0), figure("editor", 1)],
};

const proof: Proof = { proven: 1, summaries: 2, attempts: 3, dead: 0, faults: [] };

const facts = { digested, proof, server: "nats://x", tookMs: 12 };
const record = recordOf({ ...facts, ended: { killed, drained, chaos: undefined } });

test("the record counts documents, losses, retries and what was ended on purpose", () => {
  const { documents, summarised, retries } = record;
  assert.deepEqual([documents, summarised, record.lost, retries], [2, 1, 1, 3]);
  assert.deepEqual([record.killed, record.drained, record.sentBack], [1, 1, 1]);
  assert.deepEqual([record.remarked, record.cut, record.skipped], [1, 1, 1]);
  assert.deepEqual(
    record.table.map((row) => row.agent),
    ["editor", "librarian", "summarizer"],
  );
});

test("with chaos the record counts every process that was killed, and keeps the seed", () => {
  const blow = { label: "summarizer-1", pid: 7, done: 3, atMs: 1_000 };
  const blows = [
    { ...blow, what: "killed" as const },
    { ...blow, what: "frozen" as const },
    { ...blow, what: "killed" as const, label: "nats-server" },
  ];
  const chaos = { seed: 42, blows };
  const told = recordOf({ ...facts, ended: { killed: undefined, drained: undefined, chaos } });
  assert.deepEqual([told.killed, told.drained, told.chaos], [2, 0, chaos]);
  const lines = report(told, { out: "/o", cwd: "/" }, palette(false)).join("\n");
  assert.ok(lines.includes("Chaos    --seed 42: summarizer-1 killed at 3, "), lines);
});

test("a run is whole when nothing is lost and the streams say the same", () => {
  const all = { ...record, lost: 0, proof: { ...proof, proven: 2 } };
  assert.equal(isWhole(all), true);
  assert.equal(isWhole({ ...all, lost: 1 }), false);
  assert.equal(isWhole({ ...all, proof }), false);
  assert.equal(isWhole({ ...all, proof: { ...all.proof, faults: ["a.md: twice"] } }), false);
});

test("the report tells the same to people, and no file name steers their terminal", () => {
  const lines = report(record, { out: "/o", cwd: "/" }, palette(false));
  const text = lines.join("\n");
  for (const part of [
    "1 of 2 documents summarised, 1 lost",
    "b.md: it is not there",
    "summarizer      call      3       0        2  1.3 ms  20 ms  1.5 s",
    "Killed   summarizer-2 (process 7): 1 task went to another one with 1 further attempt",
    "2 summaries after 3 attempts; 1 of 1 documents are in the digest exactly once",
    "Drained  summarizer-3 (process 8)",
    "Digest   o/digest.md and o/digest.html",
  ]) {
    assert.ok(text.includes(part), `${part}\n in \n${text}`);
  }
  assert.ok(!text.includes("\u001b"));
});

test("a wrong command line ends with 2 and no code words, a failure of the run with 1", () => {
  const usage = new MeshError(MeshCode.InvalidArgument, "there is no file or folder x");
  assert.deepEqual(explain(usage), { code: 2, lines: ["there is no file or folder x"] });
  const failed = explain(new MeshError(MeshCode.Unavailable, "summarizer-1 did not start"));
  assert.deepEqual(failed, { code: 1, lines: ["unavailable: summarizer-1 did not start"] });
});

test("a folder without documents is told with the files that were skipped", () => {
  const data = { skipped: 1, examples: [{ path: "a.bin", why: "binary" }] };
  const error = new MeshError(MeshCode.DomainError, "no_documents", {
    domain: { name: "no_documents", data },
  });
  assert.deepEqual(explain(error), {
    code: 1,
    lines: ["There are no documents there: 1 file was skipped.", "  a.bin: binary"],
  });
});
