import type { Figure, Progress, SummaryCall } from "../contracts/editor.ts";

/** A document that is not in the digest, and why. */
export interface Loss {
  readonly path: string;
  readonly why: string;
}

/** What the editor has told so far. */
export class Course {
  documents = 0;
  isBeyondLimit = false;
  skipped = 0;
  skippedExamples: readonly Loss[] = [];
  summarised = 0;
  /** Documents of which only the beginning was read. */
  cut = 0;
  /** Summaries that the reviewer sent back. */
  sentBack = 0;
  /** Documents whose last summary the reviewer still had a remark on. */
  remarked = 0;
  readonly lost: Loss[] = [];
  readonly calls: SummaryCall[] = [];
  written: { readonly markdown: string; readonly html: string } | undefined;
  figures: readonly Figure[] = [];

  /** Documents of which it is known what became of them. */
  get done(): number {
    return this.summarised + this.lost.length;
  }

  /** Takes in one thing that the editor tells. */
  take(progress: Progress): void {
    switch (progress.is) {
      case "found":
        this.documents = progress.documents;
        this.isBeyondLimit = progress.beyondLimit;
        this.skipped = progress.skipped;
        this.skippedExamples = progress.examples;
        return;
      case "edited":
        this.summarised++;
        this.cut += progress.cut ? 1 : 0;
        this.remarked += progress.remark === undefined ? 0 : 1;
        // The last summary was taken; those before it were sent back.
        this.sentBack += progress.calls.length - 1;
        this.calls.push(...progress.calls);
        return;
      case "lost":
        this.lost.push({ path: progress.path, why: progress.why });
        return;
      case "written":
        this.written = { markdown: progress.markdown, html: progress.html };
        this.figures = progress.figures;
        return;
    }
  }
}
