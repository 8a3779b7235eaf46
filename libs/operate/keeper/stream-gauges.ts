import { Store } from "@myelin/subjects";
import { countOpenLetters } from "../dead/open-letters.ts";
import { readFills } from "../stores/index.ts";
import type { Keeping } from "./keeping.ts";
import { Rounds } from "./rounds.ts";

const tenSeconds = 10_000;

/** Keeps the gauges of the streams up to date: how full each one is, and how many dead letters are open. */
export class StreamGauges {
  readonly #keeping: Keeping;
  readonly #rounds: Rounds;
  /** The dead letters' stream as it was when they were counted: to list them all takes a while. */
  #counted = "";

  /** Looks at them every so many milliseconds. */
  constructor(keeping: Keeping, everyMs = tenSeconds) {
    this.#keeping = keeping;
    this.#rounds = new Rounds(keeping, everyMs, (signal) => this.#look(signal));
  }

  /** Throws where the streams cannot be looked at. */
  async start(): Promise<void> {
    await this.#rounds.start();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
    this.#keeping.metrics.streams = [];
    this.#keeping.metrics.openLetters = [];
    this.#counted = "";
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { vault, metrics } = this.#keeping;
    const fills = await readFills(vault);
    metrics.streams = fills;
    const dead = fills.find(({ stream }) => stream === Store.dead);
    const state = `${dead?.messages} up to ${dead?.last}`;
    if (dead === undefined || state === this.#counted) return;
    metrics.openLetters = await countOpenLetters(vault, signal);
    this.#counted = state;
  }
}
