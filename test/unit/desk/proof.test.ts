import assert from "node:assert/strict";
import { test } from "node:test";
import { toHtml } from "../../../services/desk/digest/html.ts";
import { editTask, newDesk, newRun, summaryTask } from "../../../services/desk/editing/tasks.ts";
import { type Evidence, prove } from "../../../services/desk/proof/prove.ts";
import { readDigest } from "../../../services/desk/proof/read-back.ts";
import type { StoredFinal } from "../../../services/desk/proof/stored.ts";

const run = newRun(newDesk());

const final = (path: string, round: number, summary: string | undefined): StoredFinal => ({
  ...{ task: summaryTask(run, path, round), document: editTask(run, path) },
  ...{ round, summary },
});

/** Two documents as they must be: one was sent back once. */
function evidence(given: Partial<Evidence> & { finals?: readonly StoredFinal[] } = {}): Evidence {
  const finals = given.finals ?? [
    final("a.md", 1, "A  one."),
    final("b.md", 1, "Not yet."),
    final("b.md", 2, "B."),
  ];
  return {
    ...{ run, lost: 0, documents: ["a.md", "b.md"] },
    stored: { finals, attempts: finals.length, dead: 0 },
    digest: [
      { path: "a.md", summary: "A one." },
      { path: "b.md", summary: "B." },
    ],
    ...given,
  };
}

test("a digest that is right is proven, document by document", () => {
  const proof = { proven: 2, summaries: 3, attempts: 3, dead: 0, faults: [] };
  assert.deepEqual(prove(evidence()), proof);
});

const [a, b] = evidence().digest;
const right = evidence().stored.finals;

for (const [what, given, fault] of [
  [
    "a result that is stored twice",
    { finals: [...right, final("a.md", 1, "A one.")] },
    "a.md: the stream has the summaries 1, 1, where each may be once",
  ],
  [
    "a round that is missing",
    { finals: right.filter(({ summary }) => summary !== "Not yet.") },
    "b.md: the stream has the summaries 2, where each may be once",
  ],
  ["a summary that nobody stored", { finals: right.slice(1) }, "a.md: no summary is in the stream"],
  [
    "a last summary that failed",
    { finals: [final("a.md", 1, undefined), ...right.slice(1)] },
    "a.md: its last summary failed",
  ],
  [
    "an older summary in the digest",
    { digest: [a, { path: "b.md", summary: "Not yet." }] },
    "b.md: stands in the digest with another summary than the stream has",
  ],
  ["a document that stands there twice", { digest: [a, b, b] }, "b.md: stands there 2 times"],
  [
    "a document that is nowhere",
    { digest: [a] },
    "1 documents are not in the digest, 0 are told lost",
  ],
  [
    "a document that was told lost and stands there",
    { lost: 1 },
    "0 documents are not in the digest, 1 are told lost",
  ],
  [
    "something that is no document",
    { digest: [a, b, { path: "c.md", summary: "C." }] },
    "c.md: stands in the digest, and is no document",
  ],
] as const) {
  test(`the proof is red for ${what}`, () => {
    const { faults, proven } = prove(evidence(given as Parameters<typeof evidence>[0]));
    assert.deepEqual(faults, [fault]);
    assert.ok(proven <= 2);
  });
}

test("a document that is told lost, and stands nowhere, is no fault", () => {
  const { proven, faults } = prove(evidence({ lost: 1, digest: a === undefined ? [] : [a] }));
  assert.deepEqual([proven, faults], [1, []]);
});

test("paths that look the same in the digest are told apart by how many there are", () => {
  const documents = ["a b.md", "a  b.md"];
  const finals = documents.map((path) => final(path, 1, "S."));
  const digest = documents.map(() => ({ path: "a b.md", summary: "S." }));
  assert.equal(prove(evidence({ documents, finals, digest })).proven, 2);
  const { faults } = prove(evidence({ documents, finals, digest: digest.slice(1) }));
  assert.equal(faults.length, 2);
});

test("a page is read back as it was written, whatever its documents say", () => {
  const summary = `<b>"Fish" & 'chips'</b> &lt;p&gt; </p>\n<p class="path">`;
  const page = toHtml({
    madeAt: new Date(0),
    ...{ lost: [], skipped: [], reference: (path: string) => `./${path}` },
    pieces: [
      { path: "a&b.md", title: "T", summary, terms: [], cut: true, remark: "dull <p>" },
      { path: "c.md", title: "T", summary: "S.", terms: [], cut: false, remark: undefined },
    ],
  });
  assert.deepEqual(readDigest(page), [
    { path: "a&b.md", summary: summary.replace("\n", " ") },
    { path: "c.md", summary: "S." },
  ]);
});
