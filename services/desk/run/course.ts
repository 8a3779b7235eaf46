import type { Progress } from "../contracts/editor.ts";

/** How far the editor is, as it has told. */
export class Course {
  #progress: Progress | undefined;

  /** Whether it has told anything. */
  get hasBegun(): boolean {
    return this.#progress !== undefined;
  }

  /** Takes in how far it is; undefined when that is not further: an editor that takes over counts anew. */
  take(progress: Progress): Progress | undefined {
    const before = this.#progress;
    if (before !== undefined && progress.done <= before.done) return undefined;
    this.#progress = progress;
    return progress;
  }
}
