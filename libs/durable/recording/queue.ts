import type { Clock } from "../../pipeline/index.ts";
import type { StoreAccess } from "../stored/store.ts";
import { type Piece, recordOf } from "./record.ts";

/** What became of a copy: it is stored, there was no room for it here, or the store did not take it. */
export type RecordFate = "stored" | "dropped" | "lost";

export interface RecordQueueParts {
  readonly store: Pick<StoreAccess, "put">;
  /** Most bytes of a copy, with its headers, that are stored now. */
  readonly most: () => number;
  readonly clock: Clock;
  readonly onFate: (fate: RecordFate) => void;
}

const mostPieces = 2_000;
const mostBytes = 16_777_216;
/** Copies that wait for the store's word at once. */
const mostUnderWay = 32;
const putMs = 5_000;
/** Between two tries where the store does not take them, in milliseconds. */
const pauseMs = 1_000;

/** Copies on their way to the store: bounded, so that a store that is slow or away costs copies and nothing else. */
export class RecordQueue {
  readonly #parts: RecordQueueParts;
  readonly #waiting: Piece[] = [];
  #at = 0;
  #bytes = 0;
  #underWay = 0;
  #isDue = false;
  #isPausing = false;
  readonly #idle: (() => void)[] = [];

  constructor(parts: RecordQueueParts) {
    this.#parts = parts;
  }

  /** Takes a copy; false where there is no room for it. */
  add(piece: Piece): boolean {
    const size = sizeOf(piece);
    if (this.#length >= mostPieces || this.#bytes + size > mostBytes) {
      this.#parts.onFate("dropped");
      return false;
    }
    this.#waiting.push(piece);
    this.#bytes += size;
    this.#schedule();
    return true;
  }

  /** Resolves when everything has been told the store, or after this long. */
  async settled(timeoutMs: number): Promise<void> {
    if (this.#isIdle) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.schedule(timeoutMs, resolve);
      this.#idle.push(() => {
        cancel();
        resolve();
      });
    });
  }

  get #length(): number {
    return this.#waiting.length - this.#at;
  }

  get #isIdle(): boolean {
    return this.#length === 0 && this.#underWay === 0;
  }

  /** After what is being answered now: a copy never goes before an answer. */
  #schedule(): void {
    if (this.#isDue || this.#isPausing || this.#underWay >= mostUnderWay) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#length > 0 && this.#underWay < mostUnderWay && !this.#isPausing) {
      const piece = this.#next();
      if (piece !== undefined) void this.#send(piece);
    }
  }

  #next(): Piece | undefined {
    const piece = this.#waiting[this.#at++];
    if (piece !== undefined) this.#bytes -= sizeOf(piece);
    if (this.#at === this.#waiting.length || this.#at >= mostPieces) {
      this.#waiting.splice(0, this.#at);
      this.#at = 0;
    }
    return piece;
  }

  async #send(piece: Piece): Promise<void> {
    const { store, most, onFate } = this.#parts;
    this.#underWay++;
    try {
      await store.put(recordOf(piece, most()), putMs);
      onFate("stored");
    } catch {
      // A copy is worth no second try; those that wait are worth a pause.
      onFate("lost");
      this.#pause();
    }
    this.#underWay--;
    if (this.#isIdle) for (const idle of this.#idle.splice(0)) idle();
    else this.#schedule();
  }

  #pause(): void {
    if (this.#isPausing) return;
    this.#isPausing = true;
    this.#parts.clock.schedule(pauseMs, () => {
      this.#isPausing = false;
      this.#schedule();
    });
  }
}

function sizeOf({ head, payload }: Piece): number {
  return head.length + payload.length;
}
