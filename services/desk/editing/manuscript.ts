import type { Outcome } from "../contracts/editor.ts";
import type { Absent, Digest, Piece } from "../digest/digest.ts";

/** The digest while it comes to be: what is expected, what has come, what was lost. */
export class Manuscript {
  readonly #expected: string[] = [];
  readonly #skipped: Absent[] = [];
  readonly #pieces = new Map<string, Piece>();
  readonly #lost: Absent[] = [];
  #isOver = false;

  /** The documents that are to come, by path. */
  get expected(): readonly string[] {
    return this.#expected;
  }

  get skipped(): readonly Absent[] {
    return this.#skipped;
  }

  /** Whether there were more documents than the limit. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Notes a file that is no document. */
  skip({ path, why }: Absent): void {
    this.#skipped.push({ path, why });
  }

  /** Notes a document that is to come; false when there are enough. */
  expect(path: string, limit: number): boolean {
    this.#isOver = this.#expected.length >= limit;
    if (!this.#isOver) this.#expected.push(path);
    return !this.#isOver;
  }

  /** Notes what became of a document. */
  take(outcome: Outcome): void {
    if (outcome.is === "edited") {
      const { remark, ...piece } = outcome.piece;
      this.#pieces.set(piece.path, { ...piece, remark });
    } else this.#lost.push({ path: outcome.path, why: outcome.why });
  }

  /** All of it, in the order in which the documents were found. */
  digest(reference: (path: string) => string): Digest {
    return {
      madeAt: new Date(),
      pieces: this.#expected.flatMap((path) => this.#pieces.get(path) ?? []),
      lost: this.#lost,
      skipped: this.#skipped,
      reference,
    };
  }
}
