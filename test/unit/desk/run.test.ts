import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "@myelin/mesh";
import type { Figure, SummaryCall } from "../../../services/desk/contracts/editor.ts";
import { Course } from "../../../services/desk/run/course.ts";
import { explain } from "../../../services/desk/run/failure.ts";
import { killCost } from "../../../services/desk/run/kill-cost.ts";
import { Mishaps } from "../../../services/desk/run/mishaps.ts";
import { recordOf } from "../../../services/desk/run/record.ts";
import { report } from "../../../services/desk/screen/report.ts";
import { palette } from "../../../services/desk/screen/text.ts";

const call = (startedAtMs: number, tookMs: number, attempt = 1): SummaryCall => ({
  by: "summarizer-1",
  ...{ startedAtMs, tookMs, attempt },
});

const killed = { label: "summarizer-2", pid: 7, atMs: 1_000 };
const drained = { label: "summarizer-3", pid: 8, atMs: 5_000 };

const figure = (agent: string, retries: number): Figure => ({
  ...{ agent, retries, calls: 3, errors: 0 },
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

test("the cost of a kill is what its calls took longer than the others", () => {
  const calls = [
    ...[call(0, 100), call(200, 100), call(900, 300)],
    ...[call(950, 400, 2), call(1_100, 700, 3)],
    // Long after the death: another instance refused it, the one that drains.
    call(5_001, 120, 2),
  ];
  assert.deepEqual(killCost(calls, killed), {
    calls: 2,
    retries: 3,
    addedMs: 900,
    worstMs: 600,
  });
});

test("a kill that nobody waited for cost nothing", () => {
  const none = { calls: 0, retries: 0, addedMs: 0, worstMs: 0 };
  assert.deepEqual(killCost([call(0, 100)], killed), none);
});

/** A course of two documents, of which one is lost. */
function course(): Course {
  const told = new Course();
  const examples = [{ path: "c.bin", why: "binary" }];
  told.take({ is: "found", documents: 2, beyondLimit: false, skipped: 1, examples });
  const calls = [call(900, 100), call(950, 400, 2)];
  told.take({ is: "edited", path: "a.md", cut: true, remark: "dull", calls });
  told.take({ is: "lost", path: "b\u001b[2J.md", why: "it is not there" });
  const figures = [figure("summarizer", 2), figure("librarian", 0)];
  told.take({ is: "written", markdown: "/o/digest.md", html: "/o/digest.html", figures });
  return told;
}

const record = recordOf({
  course: course(),
  ...{ killed, drained, server: "nats://x", tookMs: 12 },
  own: [figure("editor", 1)],
});

test("the record counts documents, losses, retries and what was ended on purpose", () => {
  const { documents, summarised, lost, retries } = record;
  assert.deepEqual(
    { documents, summarised, lost, retries },
    {
      ...{ documents: 2, summarised: 1, lost: 1, retries: 3 },
    },
  );
  assert.deepEqual([record.killed, record.drained, record.sentBack], [1, 1, 1]);
  assert.deepEqual([record.remarked, record.cut, record.skipped], [1, 1, 1]);
  assert.deepEqual(
    record.table.map((row) => row.agent),
    ["editor", "librarian", "summarizer"],
  );
});

test("a document of which nothing was heard is lost", () => {
  const silent = new Course();
  silent.take({ is: "found", documents: 3, beyondLimit: false, skipped: 0, examples: [] });
  const facts = { killed: undefined, drained: undefined, own: [], server: "", tookMs: 0 };
  assert.equal(recordOf({ course: silent, ...facts }).lost, 3);
});

test("the report tells the same to people, and no file name steers their terminal", () => {
  const lines = report(record, { out: "/o", cwd: "/" }, palette(false));
  const text = lines.join("\n");
  for (const part of [
    "1 of 2 documents summarised, 1 lost",
    "b.md: it is not there",
    "summarizer      3       0        2  1.3 ms  20 ms  1.5 s",
    "Killed   summarizer-2 (process 7): 1 call went elsewhere with 1 retry",
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
