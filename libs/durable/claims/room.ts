import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Stop } from "../../pipeline/index.ts";

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/** Most that wait: what they wait with is their own, but the queue is ours. */
const mostWaiting = 10_000;

/**
 * So many bytes may be in use at once; who finds no room waits its turn, and is refused as `overloaded` where too many
 * wait already. One that is larger than all goes alone.
 */
export class Room {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #waiting: Waiting[] = [];
  #used = 0;

  constructor(mostBytes: number, most = mostWaiting) {
    this.#most = mostBytes;
    this.#mostWaiting = most;
  }

  /** Resolves with how to leave, which counts once; throws the signal's reason, or `overloaded`. */
  async enter(bytes: number, signal: Stop | undefined): Promise<() => void> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) return this.#take(bytes);
    if (this.#waiting.length >= this.#mostWaiting) throw this.#full();
    return new Promise((resolve, reject) => {
      const onEnd = (reason: MeshError): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(reason);
        this.#next();
      };
      const waiting: Waiting = {
        bytes,
        enter: () => {
          signal?.offEnd(onEnd);
          resolve(this.#take(bytes));
        },
      };
      this.#waiting.push(waiting);
      signal?.onEnd(onEnd);
    });
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#most;
  }

  #take(bytes: number): () => void {
    this.#used += bytes;
    let isOut = false;
    return () => {
      if (isOut) return;
      isOut = true;
      this.#used -= bytes;
      this.#next();
    };
  }

  #full(): MeshError {
    const detail = `${this.#waiting.length} large payloads wait for ${this.#used} bytes of others: send fewer at once`;
    return new MeshError(MeshCode.Overloaded, detail);
  }

  #next(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || !this.#fits(first.bytes)) return;
      this.#waiting.shift();
      first.enter();
    }
  }
}
