import { isMeshError } from "@myelin/mesh";
import type { SummaryCall } from "../contracts/editor.ts";
import type { Document } from "../contracts/librarian.ts";
import { maxSummaryLength, maxTerms } from "../contracts/limits.ts";
import type { Verdict } from "../contracts/reviewer.ts";
import type { Correction } from "../contracts/summarizer.ts";
import type { Term } from "../contracts/term.ts";
import type { Piece } from "../digest/digest.ts";

/** Those whom the editor asks. */
export interface Colleagues {
  read(path: string): Promise<Document>;
  terms(document: Document): Promise<readonly Term[]>;
  summarize(
    document: Document,
    correction: Correction | undefined,
  ): Promise<{ readonly summary: string; readonly by: string; readonly attempt: number }>;
  review(summary: string, terms: readonly Term[]): Promise<Verdict>;
}

/** What became of one document. */
export type Edited =
  | {
      readonly is: "edited";
      readonly path: string;
      readonly piece: Piece;
      readonly calls: readonly SummaryCall[];
    }
  | { readonly is: "lost"; readonly path: string; readonly why: string };

// A text that does not mention its terms close together cannot be condensed to please the reviewer.
const mostRounds = 3;

/** Takes one document through the desk; a failure loses that document and no other. */
export async function edit(path: string, colleagues: Colleagues): Promise<Edited> {
  try {
    const document = await colleagues.read(path);
    const terms = await colleagues.terms(document);
    const calls: SummaryCall[] = [];
    const { summary, remark } = await settle(document, terms, colleagues, calls);
    const { title, cut } = document;
    return { is: "edited", path, calls, piece: { path, title, cut, terms, summary, remark } };
  } catch (error) {
    if (isMeshError(error)) return { is: "lost", path, why: whyOf(error.domain?.data, error) };
    throw error;
  }
}

/** Has the summary redone, with the reviewer's reason, until it is accepted or nothing new comes. */
async function settle(
  document: Document,
  terms: readonly Term[],
  colleagues: Colleagues,
  calls: SummaryCall[],
): Promise<{ summary: string; remark: string | undefined }> {
  const wanted = new Map<string, Term>();
  let correction: Correction | undefined;
  for (let round = 1; ; round++) {
    const summary = await timed(() => colleagues.summarize(document, correction), calls);
    const verdict = await colleagues.review(summary, terms);
    if (verdict.is === "accepted") return { summary, remark: undefined };
    if (round === mostRounds || summary === correction?.previous) {
      return { summary, remark: verdict.reason };
    }
    // What an earlier round missed stays wanted: the next one must not forget it again.
    for (const term of verdict.missing) wanted.set(term.term, term);
    correction = {
      reason: verdict.reason,
      previous: summary,
      mention: [...wanted.values()].slice(0, maxTerms),
    };
  }
}

async function timed(
  ask: () => Promise<{ summary: string; by: string; attempt: number }>,
  calls: SummaryCall[],
): Promise<string> {
  const startedAtMs = Date.now();
  const started = performance.now();
  const { summary, by, attempt } = await ask();
  calls.push({ by, attempt, startedAtMs, tookMs: performance.now() - started });
  return summary.slice(0, maxSummaryLength);
}

function whyOf(data: unknown, error: Error): string {
  const why = typeof data === "object" && data !== null && "why" in data ? data.why : undefined;
  return typeof why === "string" ? why : error.message;
}
