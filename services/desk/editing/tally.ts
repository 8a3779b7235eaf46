import type { Digested, Edited, Figure, Progress, SummaryTask } from "../contracts/editor.ts";
import { median, taskFigure } from "./figures.ts";

const mostLosses = 100;
const mostRepeated = 200;

/** What a digest's answer says of the documents. */
export type Counts = Pick<
  Digested,
  | ("documents" | "summarised" | "cut" | "sentBack" | "remarked")
  | ("losses" | "repeated" | "usualMs")
>;

/** What has become of the documents so far. */
export class Tally {
  readonly #documents: number;
  readonly #losses: { readonly path: string; readonly why: string }[] = [];
  readonly #tasks: SummaryTask[] = [];
  readonly #edits: { readonly tookMs: number; readonly attempt: number }[] = [];
  #summarised = 0;
  #cut = 0;
  #sentBack = 0;
  #remarked = 0;

  constructor(documents: number) {
    this.#documents = documents;
  }

  /** Notes what became of a document, and how long that took. */
  take({ outcome, attempt }: Edited, tookMs: number): void {
    this.#edits.push({ tookMs, attempt });
    if (outcome.is === "lost") {
      this.#losses.push({ path: outcome.path, why: outcome.why });
      return;
    }
    const { piece, tasks } = outcome;
    this.#summarised++;
    this.#cut += piece.cut ? 1 : 0;
    this.#remarked += piece.remark === undefined ? 0 : 1;
    // The last summary was taken; those before it were sent back.
    this.#sentBack += tasks.length - 1;
    this.#tasks.push(...tasks);
  }

  /** How far it is. */
  get progress(): Progress {
    return {
      documents: this.#documents,
      done: this.#edits.length,
      sentBack: this.#sentBack,
      lost: this.#losses.length,
    };
  }

  /** All of it. */
  get counts(): Counts {
    const once = this.#tasks.filter(({ attempt }) => attempt === 1);
    return {
      documents: this.#documents,
      summarised: this.#summarised,
      cut: this.#cut,
      sentBack: this.#sentBack,
      remarked: this.#remarked,
      losses: this.#losses.slice(0, mostLosses),
      repeated: this.#tasks.filter(({ attempt }) => attempt > 1).slice(0, mostRepeated),
      usualMs: median(once.map(({ tookMs }) => tookMs)),
    };
  }

  /** How the tasks went: a row for the editor's own, and one for the summarizer's. */
  get figures(): Figure[] {
    return [
      taskFigure("editor", this.#edits, this.#losses.length),
      taskFigure("summarizer", this.#tasks, 0),
    ];
  }
}
