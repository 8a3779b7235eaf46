import { MeshError } from "../../errors/index.ts";
import type { Keeping } from "./keeping.ts";

/** Work that keeper does again and again: one round ends before the next one waits. */
export class Rounds {
  readonly #keeping: Pick<Keeping, "clock" | "logger">;
  readonly #everyMs: number;
  readonly #work: (signal: AbortSignal) => Promise<void>;
  readonly #ending = new AbortController();
  #cancel = (): void => {};
  #round: Promise<void> = Promise.resolve();

  constructor(
    keeping: Pick<Keeping, "clock" | "logger">,
    everyMs: number,
    work: (signal: AbortSignal) => Promise<void>,
  ) {
    this.#keeping = keeping;
    this.#everyMs = everyMs;
    this.#work = work;
  }

  /** Resolves after the first round, and throws what it does: then there are no others. */
  async start(): Promise<void> {
    const first = this.#work(this.#ending.signal);
    this.#round = first.catch(() => {});
    await first;
    this.#wait();
  }

  /** Resolves when the round that runs has ended. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#cancel();
    await this.#round;
  }

  #wait(): void {
    const { clock } = this.#keeping;
    if (this.#ending.signal.aborted) return;
    this.#cancel = clock.schedule(this.#everyMs, () => {
      this.#round = this.#again();
    });
  }

  /** One that fails is told, and followed by the next. */
  async #again(): Promise<void> {
    const { signal } = this.#ending;
    try {
      await this.#work(signal);
    } catch (error) {
      if (!signal.aborted) this.#keeping.logger.warn({}, MeshError.from(error).message);
    }
    this.#wait();
  }
}
