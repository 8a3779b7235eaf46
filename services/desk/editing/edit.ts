import { isMeshError, MeshCode } from "@myelin/mesh";
import type { Outcome, SummaryTask } from "../contracts/editor.ts";
import type { Document } from "../contracts/librarian.ts";
import { maxSummaryLength, maxTerms } from "../contracts/limits.ts";
import type { Verdict } from "../contracts/reviewer.ts";
import type { Correction } from "../contracts/summarizer.ts";
import type { Term } from "../contracts/term.ts";

/** Those whom the editor asks. */
export interface Colleagues {
  read(path: string): Promise<Document>;
  terms(document: Document): Promise<readonly Term[]>;
  /** The same round of the same document is the same task, however often it is asked for. */
  summarize(document: Document, correction: Correction | undefined, round: number): Promise<Answer>;
  review(summary: string, terms: readonly Term[]): Promise<Verdict>;
}

interface Answer {
  readonly summary: string;
  readonly by: string;
  readonly attempt: number;
}

// A text that does not mention its terms close together cannot be condensed to please the reviewer.
const mostRounds = 3;

/**
 * Takes one document through the desk.
 *
 * An error that a skill declares loses the document. Everything else may pass, and is the task's matter: it is
 * attempted again.
 */
export async function edit(path: string, colleagues: Colleagues): Promise<Outcome> {
  try {
    const document = await colleagues.read(path);
    const terms = [...(await colleagues.terms(document))];
    const tasks: SummaryTask[] = [];
    const { summary, remark } = await settle(document, terms, colleagues, tasks);
    const { title, cut } = document;
    const said = remark === undefined ? {} : { remark };
    return { is: "edited", tasks, piece: { path, title, cut, terms, summary, ...said } };
  } catch (error) {
    if (!isMeshError(error, MeshCode.DomainError)) throw error;
    return { is: "lost", path, why: whyOf(error.domain?.data, error) };
  }
}

/** Has the summary redone, with the reviewer's reason, until it is accepted or nothing new comes. */
async function settle(
  document: Document,
  terms: readonly Term[],
  colleagues: Colleagues,
  tasks: SummaryTask[],
): Promise<{ summary: string; remark: string | undefined }> {
  const wanted = new Map<string, Term>();
  let correction: Correction | undefined;
  for (let round = 1; ; round++) {
    const asked = correction;
    const summary = await timed(() => colleagues.summarize(document, asked, round), tasks);
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

async function timed(ask: () => Promise<Answer>, tasks: SummaryTask[]): Promise<string> {
  const startedAtMs = Date.now();
  const started = performance.now();
  const { summary, by, attempt } = await ask();
  tasks.push({ by, attempt, startedAtMs, tookMs: performance.now() - started });
  return summary.slice(0, maxSummaryLength);
}

function whyOf(data: unknown, error: Error): string {
  const why = typeof data === "object" && data !== null && "why" in data ? data.why : undefined;
  return typeof why === "string" ? why : error.message;
}
