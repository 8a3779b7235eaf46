import type { CallSignal } from "../pipeline/index.ts";
import type { CreditGate } from "./credit-gate.ts";

/** One attempt that this instance works on: what cancel, credit and probes are about. */
export interface Held {
  readonly token: string;
  readonly caller: string;
  readonly signal: CallSignal;
  /** Where a flow-controlled stream waits for room. */
  readonly credit: CreditGate | undefined;
}

/**
 * The attempts an instance works on, by reply token. Only their own caller can name them.
 *
 * In buckets, not in a Map: a Map whose entries come and go gives up its table again and again, each points to the next
 * and keeps its last entries, and once one is among V8's old objects all requests that follow stay until a full
 * collection. That cost an agent 2 µs a call.
 */
export class HeldAttempts {
  readonly #buckets: readonly Held[][] = Array.from({ length: bucketCount }, () => []);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(held: Held): void {
    const bucket = this.#bucket(held.token);
    // A plain client may use one reply subject twice; the first keeps the name.
    for (const { token } of bucket) if (token === held.token) return;
    bucket.push(held);
    this.#size++;
  }

  remove(held: Held): void {
    held.credit?.close();
    const bucket = this.#bucket(held.token);
    const at = bucket.indexOf(held);
    if (at < 0) return;
    const last = bucket.pop();
    if (last !== undefined && last !== held) bucket[at] = last;
    this.#size--;
  }

  /** The attempt, if this caller may speak of it. */
  find(token: unknown, caller: string): Held | undefined {
    if (typeof token !== "string") return undefined;
    const held = this.#bucket(token).find((each) => each.token === token);
    if (held?.caller !== caller) return undefined;
    held.credit?.hear();
    return held;
  }

  [Symbol.iterator](): Iterator<Held> {
    return this.#buckets.flat()[Symbol.iterator]();
  }

  /** By both ends: ours are random at the beginning, those of plain clients at the end. */
  #bucket(token: string): Held[] {
    const { length } = token;
    const first = 31 * token.charCodeAt(0) + token.charCodeAt(1);
    const last = 31 * token.charCodeAt(length - 1) + token.charCodeAt(length - 2);
    return this.#buckets[(first + 7 * last) & (bucketCount - 1)] as Held[];
  }
}

/** A power of two. */
const bucketCount = 256;
