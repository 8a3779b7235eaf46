import { ownStoreApi, Store } from "@myelin/subjects";
import { z } from "zod";
import { MeshCode, MeshError } from "../../../errors/index.ts";
import type { Keeping } from "../keeping.ts";

/** For how long the size of the stream is believed, in milliseconds. */
const freshMs = 1_000;
/** How full orders may make it. The rest is for four firings of each while no keeper is there, and for other keepers. */
const mostFull = 0.18;
/** How much of it is written before its size is asked for again: other keepers write as well. */
const mostUnseen = 1 / 64;

const size = z.object({
  state: z.object({ bytes: z.number() }),
  config: z.object({ max_bytes: z.number().default(-1) }),
});

/**
 * Room in the stream of schedules, which drops its oldest message when it is full: that would be a schedule.
 *
 * So keeper takes room before it writes. What is being written counts, whether the size that the server tells has it
 * already or not.
 */
export class Room {
  readonly #keeping: Pick<Keeping, "vault" | "clock">;
  #known: { readonly at: number; readonly bytes: number; readonly most: number } | undefined;
  /** Taken, and not written yet. */
  #open = 0;
  /** Taken since the size was asked for. */
  #since = 0;
  #asking: Promise<void> | undefined;

  constructor(keeping: Pick<Keeping, "vault" | "clock">) {
    this.#keeping = keeping;
  }

  /** Takes so many bytes, until the answer is disposed of; throws `overloaded` while there is no room. */
  async take(bytes: number): Promise<Disposable> {
    let known = this.#known;
    while (known === undefined || this.#isStale(known)) {
      this.#asking ??= this.#ask();
      await this.#asking;
      known = this.#known;
    }
    const held = known.bytes + this.#since;
    if (known.most > 0 && held + bytes > known.most * mostFull) throw full(held, known.most);
    this.#since += bytes;
    this.#open += bytes;
    return {
      [Symbol.dispose]: () => {
        this.#open -= bytes;
      },
    };
  }

  #isStale({ at, most }: { readonly at: number; readonly most: number }): boolean {
    const isOld = this.#keeping.clock.now() - at > freshMs;
    return isOld || (most > 0 && this.#since > most * mostUnseen);
  }

  async #ask(): Promise<void> {
    const { vault, clock } = this.#keeping;
    const open = this.#open;
    this.#known = undefined;
    this.#since = 0;
    try {
      const info = await vault.store.api(ownStoreApi.streamInfo(Store.schedules));
      const { state, config } = size.parse(info);
      this.#known = { at: clock.now(), bytes: state.bytes + open, most: config.max_bytes };
    } finally {
      this.#asking = undefined;
    }
  }
}

function full(held: number, most: number): MeshError {
  return new MeshError(
    MeshCode.Overloaded,
    `${Store.schedules} holds ${held} of ${most} bytes, at most ${Math.round(mostFull * 100)} % may be orders: what comes for later waits; give it more (streams.schedules in mesh.yaml)`,
  );
}
