import { ownStoreApi, Store } from "@myelin/subjects";
import { AnswerBox } from "../answer-box.ts";
import { readExtent, readStream, type Stored } from "../stores/index.ts";
import type { StoreSide } from "./keeping.ts";

/** Most bytes of a part. */
const mostBytes = 16_777_216;

/** Reads the stream of tasks from end to end and then anew, a bounded part of it at a time; it takes nothing. */
export class TaskSweep {
  readonly #vault: StoreSide;
  readonly #most: number;
  readonly #box: AnswerBox;
  /** Where the next part begins, and the last message that there was when the first part did. */
  #next = 1;
  #end = 0;

  /** In parts of so many messages at most. */
  constructor(vault: StoreSide, most: number) {
    this.#vault = vault;
    this.#most = most;
    this.#box = new AnswerBox(vault.link, vault.name);
  }

  /** Throws where the server does not let it hear. */
  async start(): Promise<void> {
    await this.#box.start();
  }

  async stop(): Promise<void> {
    await this.#box.stop();
  }

  /** The messages of the next part; throws `unavailable` where there is no such stream. */
  async *part(signal: AbortSignal): AsyncGenerator<Stored, void, undefined> {
    if (this.#next > this.#end) {
      // What comes while it is read waits for the next time: else a stream that grows quickly would never be read anew.
      this.#end = (await readExtent(Store.tasks, { door: this.#vault })).last;
      this.#next = 1;
    }
    const place = { stream: Store.tasks, filter: ">", from: this.#next };
    let left = this.#most;
    let room = mostBytes;
    for await (const stored of readStream(this.#box, { ...place, api: ownStoreApi, signal })) {
      if (stored.sequence > this.#end) break;
      this.#next = stored.sequence + 1;
      yield stored;
      room -= stored.head.length + stored.payload.length;
      if (--left === 0 || room <= 0) return;
    }
    this.#next = this.#end + 1;
  }
}
