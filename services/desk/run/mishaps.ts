import type { Crew } from "../processes/crew.ts";

/** An instance that was ended on purpose. */
export interface Mishap {
  readonly label: string;
  readonly pid: number;
  /** When the signal was sent, in milliseconds since 1970. */
  readonly atMs: number;
}

export interface MishapOptions {
  readonly crew: Pick<Crew, "kill" | "drain">;
  /** The instance that dies when a quarter of the documents is done. */
  readonly toKill: string;
  /** The instance that is drained when half of them is. */
  readonly toDrain: string;
  /** Hears of each when it is over. */
  readonly onEnd: (kind: "killed" | "drained", mishap: Mishap) => void;
}

/** Ends two instances while the desk works, to show that nothing is lost with them. */
export class Mishaps {
  readonly #options: MishapOptions;
  #killing: Promise<Mishap | undefined> | undefined;
  #draining: Promise<Mishap | undefined> | undefined;

  constructor(options: MishapOptions) {
    this.#options = options;
  }

  /** Told of the progress; what is due happens beside it. */
  onProgress(done: number, documents: number): void {
    const { crew, toKill, toDrain } = this.#options;
    if (this.#killing === undefined && done >= Math.floor(documents / 4)) {
      this.#killing = this.#end("killed", toKill, () => crew.kill(toKill));
    }
    if (this.#draining === undefined && done >= Math.floor(documents / 2)) {
      this.#draining = this.#end("drained", toDrain, () => crew.drain(toDrain));
    }
  }

  /** Both, once they are over. */
  async over(): Promise<{ killed: Mishap | undefined; drained: Mishap | undefined }> {
    return { killed: await this.#killing, drained: await this.#draining };
  }

  async #end(
    kind: "killed" | "drained",
    label: string,
    end: () => Promise<number | undefined>,
  ): Promise<Mishap | undefined> {
    const atMs = Date.now();
    const pid = await end();
    if (pid === undefined) return undefined;
    const mishap = { label, pid, atMs };
    this.#options.onEnd(kind, mishap);
    return mishap;
  }
}
