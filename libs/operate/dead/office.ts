import { deadFilter, isToken, Store, storeApi } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { type Abortable, gaveUp } from "../../pipeline/index.ts";
import type { ObserverOptions } from "../observe.ts";
import { Standing } from "../standing.ts";
import { storedMessages } from "../stores/index.ts";
import { type Dropped, dropLetter } from "./drop.ts";
import { checkFilter, type DeadFilter, fits } from "./filter.ts";
import { type DeadLetter, Markers, readLetter } from "./letter.ts";
import { readMarkers } from "./marker.ts";
import { Redrive, type Redriven, type RedriveOptions } from "./redrive.ts";

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
    const markers = new Markers();
    for await (const marker of readMarkers(this.#standing, { api: storeApi })) {
      if (signal?.aborted === true) throw gaveUp("the work on dead letters", signal);
      markers.add(marker);
    }
    const last = await this.#lastSequence();
    for (const kind of ["task", "event"] as const) {
      if (filter.kind !== undefined && filter.kind !== kind) continue;
      const { agent = "*", skill = "*" } = filter;
      // An event's letter is named by a place: its id is in its headers alone.
      const task = kind === "event" ? "*" : (filter.task ?? "*");
      if (task !== "*" && !isToken(task)) continue;
      const options = { api: storeApi, subject: deadFilter(kind, { agent, skill, task }) };
      for await (const stored of storedMessages(this.#standing, Store.dead, options)) {
        if (signal?.aborted === true) throw gaveUp("the work on dead letters", signal);
        // What dies again while it is brought back would be brought back for ever.
        if (stored.sequence > last) break;
        const letter = readLetter(stored, markers);
        if (letter !== undefined && fits(letter, filter)) yield letter;
      }
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

  async #lastSequence(): Promise<number> {
    const info = await this.#standing.store.api(storeApi.streamInfo(Store.dead));
    const { last_seq: last } = (info["state"] ?? {}) as { readonly last_seq?: unknown };
    return typeof last === "number" ? last : 0;
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
