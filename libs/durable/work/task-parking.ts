import { aloneKey } from "../attempts/alone.ts";
import { mostParked, type Parkable, Parking } from "../attempts/parking.ts";
import { type Limits, triesLeft } from "../attempts/tried.ts";
import type { Attempt } from "./attempt.ts";

/** A task that waits here. */
export interface ParkedTask extends Parkable {
  readonly attempt: Pick<Attempt, "delivery" | "beat" | "nak" | "end">;
  /** When the server last heard of it. */
  beatAt: number;
}

export interface TaskParkingParts extends Limits {
  readonly random: () => number;
}

/** A moment at which the server hears of what is here. */
export interface Beat {
  readonly now: number;
  readonly isUp: boolean;
  readonly ackWaitMs: number;
  /** Until the next one. */
  readonly beatMs: number;
}

/** Most that wait here, and bytes of their messages; `mostParked` may whatever their size. */
export const mostTasks = 10_000;
const mostBytes = 32 * 1024 * 1024;
/** Most that are given back from one beat to the next: each costs the store some questions, and comes again. */
const mostGivenBack = 128;
/** Most keys that are tried with one beat, in turn. */
const mostTried = 64;
/** How long one stays away that was given back the first time, and at most, in milliseconds. */
const firstDelayMs = 10_000;
const maxDelayMs = 300_000;

/**
 * The tasks of a worker that wait for a key which another one has, or until they are alone.
 *
 * They wait with their messages, so the next one begins at once and none spends a delivery. What finds no place goes
 * back to the server for a while: what comes after it may be for nobody's key. It never spends the deliveries that its
 * attempts need: without more than those it stays, beyond the bound.
 */
export class TaskParking<Held extends ParkedTask> {
  readonly #parts: TaskParkingParts;
  readonly #parking = new Parking<Held>();
  readonly #bySequence = new Map<number, Held>();
  /** Those that were kept although there was no place. */
  readonly #beyond = new Set<Held>();
  #bytes = 0;
  #givenBack = 0;

  constructor(parts: TaskParkingParts) {
    this.#parts = parts;
  }

  /** Whether nothing may be taken now that might have to wait here. */
  get isFull(): boolean {
    if (this.#hasPlace) return false;
    return this.#beyond.size >= mostParked || this.#givenBack >= mostGivenBack;
  }

  /** What to try again with this beat, of what may be free. */
  toTry(mayBeFree: (key: string) => boolean): readonly string[] {
    return this.#parking.keys.filter(mayBeFree).slice(0, mostTried);
  }

  /** Keeps it until it is its turn, or gives it back. */
  park(held: Held): void {
    if (!this.#hasPlace) {
      if (this.#mayGoBack(held)) return this.#giveBack(held);
      this.#beyond.add(held);
    }
    this.#bytes += bytesOf(held);
    this.#bySequence.set(held.attempt.delivery.sequence, held);
    this.#parking.add(held);
  }

  /** The next one that waits for this; it waits no more. */
  take(key: string): Held | undefined {
    const next = this.#parking.take(key);
    if (next !== undefined) this.#left(next);
    return next;
  }

  remove(held: Held): void {
    if (this.#parking.remove(held)) this.#left(held);
  }

  /** The one that has this place in the stream, if it waits here. */
  at(sequence: number): readonly Held[] {
    const held = this.#bySequence.get(sequence);
    return held === undefined ? [] : [held];
  }

  all(): IterableIterator<Held> {
    return this.#parking.all();
  }

  /** Says that they are here, as seldom as the server bears: they may be many. */
  beat({ now, isUp, ackWaitMs, beatMs }: Beat): void {
    this.#givenBack = 0;
    for (const held of [...this.all()]) {
      const silentMs = now - held.beatAt;
      if (silentMs > ackWaitMs) {
        held.attempt.end("superseded");
        this.remove(held);
      } else if (isUp && silentMs + beatMs > ackWaitMs / 2) {
        held.attempt.beat();
        held.beatAt = now;
      }
    }
  }

  get #hasPlace(): boolean {
    const { size } = this.#parking;
    return size < mostParked || (size < mostTasks && this.#bytes < mostBytes);
  }

  #mayGoBack({ waitsFor, attempt }: Held): boolean {
    const { attempts } = this.#parts.config;
    return waitsFor !== aloneKey && triesLeft(attempt.delivery, this.#parts) >= attempts;
  }

  #giveBack({ attempt }: Held): void {
    this.#givenBack++;
    const doubled = firstDelayMs * 2 ** Math.min(attempt.delivery.deliveries - 1, 30);
    const most = Math.min(maxDelayMs, doubled);
    // They came together, and must not come again together.
    attempt.nak(most / 2 + (this.#parts.random() * most) / 2);
  }

  #left(held: Held): void {
    this.#beyond.delete(held);
    this.#bySequence.delete(held.attempt.delivery.sequence);
    this.#bytes -= bytesOf(held);
  }
}

function bytesOf({ attempt }: ParkedTask): number {
  const { head, payload } = attempt.delivery.message;
  return head.length + payload.length;
}
