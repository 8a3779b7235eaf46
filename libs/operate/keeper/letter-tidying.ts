import { dayMs, ownStoreApi, parseDeadSubject, Store } from "@myelin/subjects";
import { type Marker, readMarkers } from "../dead/marker.ts";
import type { Keeping } from "./keeping.ts";
import { Rounds } from "./rounds.ts";

/** When done letters are removed. */
export interface TidyingOptions {
  /** How long after it was brought back or dropped, in milliseconds. Default: a day. */
  readonly afterMs?: number;
  /** How often it is looked for them, in milliseconds. Default: ten minutes. */
  readonly everyMs?: number;
}

const tenMinutes = 600_000;
/** How long a letter may take to be read: nobody waits for a round. */
const readMs = 5_000;

/** Removes dead letters that were brought back to their agent, or dropped, with what marks them; others stay. */
export class LetterTidying {
  readonly #keeping: Keeping;
  readonly #afterMs: number;
  readonly #rounds: Rounds;

  constructor(keeping: Keeping, { afterMs = dayMs, everyMs = tenMinutes }: TidyingOptions = {}) {
    this.#keeping = keeping;
    this.#afterMs = afterMs;
    this.#rounds = new Rounds(keeping, everyMs, (signal) => this.#tidy(signal));
  }

  /** Throws where there is no stream of dead letters. */
  async start(): Promise<void> {
    await this.#rounds.start();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  async #tidy(signal: AbortSignal): Promise<void> {
    const { vault } = this.#keeping;
    const before = Date.now() - this.#afterMs;
    for await (const marker of readMarkers(vault, { signal })) {
      if (marker.at.getTime() > before || !isDone(marker)) continue;
      // The letter first: its marker says why it must not be brought back.
      await this.#remove(marker.sequence, marker.letter);
      await this.#remove(marker.place, marker.subject);
    }
  }

  /** Takes out what lies there under that subject; nothing where it is gone, or somebody else's. */
  async #remove(seq: number, subject: string): Promise<void> {
    const { store } = this.#keeping.vault;
    const there = await store.last(Store.dead, subject, readMs);
    if (there?.sequence !== seq) return;
    const question = JSON.stringify({ seq, no_erase: true });
    await store.api(ownStoreApi.deleteMessage(Store.dead), { question });
  }
}

/** What was brought to a sandbox is still to be done by its own agent. */
function isDone({ outcome, letter, to }: Marker): boolean {
  const address = parseDeadSubject(letter);
  if (!address.ok || !["task", "event"].includes(address.value.kind)) return false;
  return outcome === "dropped" || address.value.agent === to;
}
