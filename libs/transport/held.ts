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

/** The attempts an instance works on, by reply token. Only their own caller can name them. */
export class HeldAttempts {
  readonly #byToken = new Map<string, Held>();
  get size(): number {
    return this.#byToken.size;
  }

  add(held: Held): void {
    // A plain client may use one reply subject twice; the first keeps the name.
    if (!this.#byToken.has(held.token)) this.#byToken.set(held.token, held);
  }

  remove(held: Held): void {
    held.credit?.close();
    if (this.#byToken.get(held.token) === held) this.#byToken.delete(held.token);
  }

  /** The attempt, if this caller may speak of it. */
  find(token: unknown, caller: string): Held | undefined {
    const held = typeof token === "string" ? this.#byToken.get(token) : undefined;
    if (held?.caller !== caller) return undefined;
    held.credit?.hear();
    return held;
  }

  [Symbol.iterator](): Iterator<Held> {
    return [...this.#byToken.values()][Symbol.iterator]();
  }
}
