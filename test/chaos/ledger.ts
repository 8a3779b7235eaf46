import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../support/folder.ts";
import { Runs } from "./runs.ts";

const freshMs = 50;

/** What was really done, outside of the mesh: a file for each message, and a note of each time one was worked on. */
export class Ledger implements Disposable {
  readonly #folder = temporaryFolder();
  #counted = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor() {
    for (const part of ["laid", "runs", "complaints"]) mkdirSync(join(this.folder, part));
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** The messages whose work was done. */
  get laid(): readonly string[] {
    return readdirSync(join(this.folder, "laid"));
  }

  /** How often the work of a message was done. */
  effects(id: string): number {
    return readFileSync(join(this.folder, "laid", id), "utf8").split("\n").length - 1;
  }

  /** How many there are, as of a moment ago: many ask, and each look reads them all. */
  get count(): number {
    const now = performance.now();
    if (now - this.#countedAt > freshMs) {
      this.#counted = this.laid.length;
      this.#countedAt = now;
    }
    return this.#counted;
  }

  /** Each time that one was worked on. */
  get runs(): Runs {
    return new Runs(this.folder);
  }

  /** What the workers' connections complained of: each kind with its number, and when it was first and last. */
  get complaints(): readonly string[] {
    const folder = join(this.folder, "complaints");
    const lines = readdirSync(folder).flatMap((file) =>
      readFileSync(join(folder, file), "utf8").split("\n").filter(Boolean),
    );
    const kinds = new Map<string, string[]>();
    for (const line of lines.sort()) {
      const [at = "", ...words] = line.split(" ");
      const kind = words.join(" ").replaceAll(/\d+/g, "#");
      kinds.set(kind, [...(kinds.get(kind) ?? []), at]);
    }
    return [...kinds].map(
      ([kind, times]) => `${times.length} × ${kind}, ${times[0]} to ${times.at(-1)}`,
    );
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
