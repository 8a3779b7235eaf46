import { storeApi } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Abortable } from "../../pipeline/index.ts";
import type { ObserverOptions } from "../observe.ts";
import { Standing } from "../standing.ts";
import { type Dropped, dropLetter } from "./drop.ts";
import { checkFilter, type DeadFilter, fits, isInState } from "./filter.ts";
import { type DeadLetter, readLetter } from "./letter.ts";
import { markersOf } from "./marker.ts";
import { Redrive, type Redriven, type RedriveOptions } from "./redrive.ts";
import { storedLetters } from "./stored-letters.ts";

/** Connects to the dead letters of a workspace, as a member of the role `operator`; close it when done. */
export async function openDeadLetters(options: ObserverOptions): Promise<DeadLetters> {
  return new DeadLetters(await Standing.join(options));
}

/** The dead letters of a workspace: to read them, to bring them back, to be done with them. */
export class DeadLetters implements AsyncDisposable {
  readonly #standing: Standing;

  /** @internal Use `openDeadLetters`. */
  constructor(standing: Standing) {
    this.#standing = standing;
  }

  /** The letters that a filter means and that are there now, the oldest first. */
  async *list(
    filter: DeadFilter = {},
    { signal }: Abortable = {},
  ): AsyncGenerator<DeadLetter, void, undefined> {
    checkFilter(filter);
    const standing = this.#standing;
    for await (const stored of storedLetters(standing, filter, signal)) {
      const bare = readLetter(stored);
      if (bare === undefined || !fits(bare, filter)) continue;
      const markers = await markersOf(standing, bare, { api: storeApi, signal });
      const letter: DeadLetter = { ...bare, markers };
      if (isInState(letter, filter)) yield letter;
    }
  }

  /** Brings back what a filter means, one after the other, and tells of each what became of it. */
  async *redrive(
    filter: DeadFilter,
    options: RedriveOptions = {},
  ): AsyncGenerator<Redriven, void, undefined> {
    const redrive = new Redrive(this.#standing, options);
    for await (const letter of this.list(filter, options)) yield await redrive.bring(letter);
  }

  /** Marks what a filter means as done with; keeper removes it a day later. */
  async *drop(
    filter: DeadFilter,
    { dryRun = false, ...until }: Abortable & { readonly dryRun?: boolean } = {},
  ): AsyncGenerator<Dropped, void, undefined> {
    for await (const letter of this.list(filter, until)) {
      yield dryRun ? { letter, is: "would be dropped" } : await dropLetter(this.#standing, letter);
    }
  }

  async close(): Promise<void> {
    await this.#standing.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What to throw where a filter meant nothing. */
export function nothingMeant(filter: DeadFilter): MeshError {
  const words = Object.entries(filter).map(([name, word]) => {
    const text = word instanceof Date ? word.toISOString() : String(word);
    return `${name} ${text}`;
  });
  const which = words.length === 0 ? "open" : words.join(", ");
  return new MeshError(
    MeshCode.UnknownTask,
    `no dead letter is meant by: ${which}; \`myelin dead ls --state any\` lists all`,
  );
}
