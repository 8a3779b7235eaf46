import { PresenceState } from "@myelin/subjects";
import type { Link, Listening } from "../nats/index.ts";
import type { Clock } from "../pipeline/index.ts";
import { Siblings } from "./siblings.ts";

/** Whose door it is, and how it is opened. */
export interface DoorOptions {
  readonly link: Pick<Link, "subscribe">;
  readonly agent: string;
  readonly instance: string;
  readonly clock: Clock;
  /** Joins the queue group. */
  readonly open: () => Listening;
  /** Is told FULL and READY; what else it says is others' business. */
  readonly presence: { change(state: PresenceState): void };
}

/** Between saying FULL and leaving: two that fill at the same moment hear each other, and neither leaves. */
const graceMs = 5;
/** How often a closed door looks whether the others are still there, in milliseconds. */
const watchMs = 250;
/** How long a door stays closed at least, in milliseconds; doubles while it flaps. */
const rest = { leastMs: 25, mostMs: 400, forgottenMs: 1_000 };
/** A door that was never needed for so long stops listening to its siblings, in milliseconds. */
const calmMs = 60_000;

/**
 * An instance's membership in its agent's queue group: it leaves while it is full and another has room, so that
 * plain clients are balanced by load as well.
 *
 * Somebody always answers. It says that it is full, and leaves a little later if a sibling has room even then; when
 * none has any more, the first by name of those that are full comes back. Two may then stand open, never none.
 * Leaving drains, so no call is lost.
 */
export class Door {
  readonly #options: DoorOptions;
  readonly #siblings: Siblings;
  #listening: Listening | undefined;
  #leaving: Promise<void> | undefined;
  #isFull = false;
  #isClosed = false;
  #leftAt = Number.NEGATIVE_INFINITY;
  #openedAt = Number.NEGATIVE_INFINITY;
  #fullSince = 0;
  #calmSince = 0;
  #restMs = rest.leastMs;
  #cancelLook: (() => void) | undefined;

  constructor(options: DoorOptions) {
    this.#options = options;
    const { link, agent, instance, clock } = options;
    const onChange = (): void => this.#settle();
    this.#siblings = new Siblings({ link, agent, instance, clock, onChange });
  }

  get isOpen(): boolean {
    return this.#listening !== undefined;
  }

  /** Joins the queue group for the first time; throws what the link throws. */
  start(): void {
    if (!this.#isClosed && !this.isOpen) this.#enter();
  }

  /** There is no more room: plain callers had better go elsewhere. */
  full(): void {
    if (this.#isClosed || this.#isFull) return;
    this.#isFull = true;
    this.#fullSince = this.#now();
    this.#listen();
    this.#options.presence.change(PresenceState.Full);
    this.#settle();
  }

  /** There is room again. */
  room(): void {
    if (this.#isClosed || !this.#isFull) return;
    this.#isFull = false;
    this.#calmSince = this.#now();
    this.#settle();
  }

  /** Leaves for good; resolves when every call that the server had sent has been handed over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelLook?.();
    this.#siblings.stop();
    this.#leave();
    await this.#leaving;
  }

  /** Brings the door to where it ought to be now; runs whenever something has changed. */
  #settle(): void {
    if (this.#isClosed) return;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    if (this.isOpen) {
      if (this.#isFull && this.#graceLeft() === 0 && this.#siblings.anyReady) this.#leave();
    } else if (this.#leaving === undefined && this.#mayOpen()) this.#reenter();
    // READY is a promise to siblings that this door is open, so it is told only when it is.
    if (!this.#isFull && this.isOpen) this.#options.presence.change(PresenceState.Ready);
    this.#watch();
  }

  #mayOpen(): boolean {
    if (!this.#siblings.anyReady && !this.#siblings.anyFullBefore) return true;
    return !this.#isFull && this.#now() - this.#leftAt >= this.#restMs;
  }

  #enter(): void {
    this.#listening = this.#options.open();
    this.#openedAt = this.#now();
  }

  #reenter(): void {
    try {
      this.#enter();
    } catch {
      // The link is closed; while it is not, the next look tries again.
    }
  }

  #leave(): void {
    const listening = this.#listening;
    if (listening === undefined) return;
    this.#listening = undefined;
    const now = this.#now();
    const flaps = now - this.#openedAt < rest.forgottenMs;
    this.#restMs = flaps ? Math.min(rest.mostMs, 2 * this.#restMs) : rest.leastMs;
    this.#leftAt = now;
    this.#leaving = this.#drain(listening);
  }

  async #drain(listening: Listening): Promise<void> {
    await listening.stop();
    this.#leaving = undefined;
    this.#settle();
  }

  #graceLeft(): number {
    return Math.max(0, this.#fullSince + graceMs - this.#now());
  }

  /** Looks again when time alone may change what ought to be. */
  #watch(): void {
    if (!this.#siblings.isListening) return;
    if (this.#isFull) this.#cancelLook = this.#look(this.#graceLeft() || watchMs);
    else if (!this.isOpen) this.#cancelLook = this.#look(this.#restMs);
    else {
      const calmForMs = this.#now() - this.#calmSince;
      if (calmForMs >= calmMs) this.#siblings.stop();
      else this.#cancelLook = this.#look(calmMs - calmForMs);
    }
  }

  #look(delayMs: number): () => void {
    return this.#options.clock.schedule(delayMs, () => this.#settle());
  }

  #listen(): void {
    try {
      this.#siblings.listen();
    } catch {
      // The link is closed: without siblings the door stays open, which loses nothing.
    }
  }

  #now(): number {
    return this.#options.clock.now();
  }
}
