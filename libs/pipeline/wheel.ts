import type { Clock } from "./clock.ts";

/** Something that ends at a time. Make it with `timer()`, or be one; hand it to one wheel only. */
export interface Timer {
  /** When it runs, on the wheel's clock. */
  at: number;
  run(): void;
  /** The list it is in; the wheel's own business. */
  next: Timer | undefined;
  previous: Timer | undefined;
}

export function timer(run: () => void): Timer {
  return { at: 0, run, next: undefined, previous: undefined };
}

const slots = 512;

/**
 * Thousands of deadlines behind one timer: a `setTimeout` per call costs ten times as much.
 *
 * Runs a timer at its time or up to one tick later, never before. Keeps nothing running while it is empty.
 */
export class Wheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #heads: Timer[] = [];
  #armed = 0;
  #turned: number;
  #cancelTick: (() => void) | undefined;

  constructor(clock: Clock, tickMs = 10) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#turned = Math.floor(clock.now() / tickMs);
    for (let slot = 0; slot < slots; slot++) this.#heads.push(emptyList());
  }

  /** Arms a timer, or moves it when it is armed already. */
  arm(timer: Timer, at: number): void {
    if (timer.next !== undefined) this.disarm(timer);
    if (this.#armed === 0) this.#turned = Math.floor(this.#clock.now() / this.#tickMs);
    timer.at = at;
    // Never into a slot that has been turned past: a time gone by runs on the next tick.
    const tick = Math.max(Math.ceil(at / this.#tickMs), this.#turned + 1);
    const head = this.#heads[tick % slots] as Timer;
    link(head, timer);
    this.#armed++;
    if (this.#cancelTick === undefined) this.#schedule();
  }

  /** Takes a timer out; nothing happens when it is not armed. */
  disarm(timer: Timer): void {
    const { next, previous } = timer;
    if (next === undefined || previous === undefined) return;
    previous.next = next;
    next.previous = previous;
    timer.next = undefined;
    timer.previous = undefined;
    this.#armed--;
  }

  /** What is armed now. */
  armed(): Timer[] {
    const timers: Timer[] = [];
    for (const head of this.#heads) {
      for (let timer = head.next as Timer; timer !== head; timer = timer.next as Timer)
        timers.push(timer);
    }
    return timers;
  }

  /** Forgets every timer without running it. */
  clear(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    for (const timer of this.armed()) this.disarm(timer);
  }

  /** To the next tick's beginning: counted from now, a timer could be two ticks late. */
  #schedule(): void {
    const now = this.#clock.now();
    const next = (Math.floor(now / this.#tickMs) + 1) * this.#tickMs;
    this.#cancelTick = this.#clock.schedule(Math.ceil(next - now), () => this.#turn());
  }

  #turn(): void {
    this.#cancelTick = undefined;
    const now = this.#clock.now();
    const last = Math.floor(now / this.#tickMs);
    // A process that slept long has at most one full turn to make.
    const first = Math.max(this.#turned + 1, last - slots + 1);
    this.#turned = last;
    const due: Timer[] = [];
    for (let tick = first; tick <= last; tick++) this.#collect(tick % slots, now, due);
    this.#run(due, now);
  }

  #run(due: readonly Timer[], now: number): void {
    let ran = 0;
    try {
      while (ran < due.length) {
        const timer = due[ran++] as Timer;
        // One that ran before it may have called this one off, or moved it.
        if (timer.next === undefined || timer.at > now) continue;
        this.disarm(timer);
        timer.run();
      }
    } finally {
      // After one that threw, the others run on the next tick.
      for (; ran < due.length; ran++) {
        const timer = due[ran] as Timer;
        if (timer.next !== undefined) this.arm(timer, timer.at);
      }
      if (this.#armed > 0 && this.#cancelTick === undefined) this.#schedule();
    }
  }

  #collect(slot: number, now: number, due: Timer[]): void {
    const head = this.#heads[slot] as Timer;
    for (let timer = head.next as Timer; timer !== head; timer = timer.next as Timer) {
      if (timer.at <= now) due.push(timer);
    }
  }
}

function emptyList(): Timer {
  const head = timer(() => {});
  head.next = head;
  head.previous = head;
  return head;
}

function link(head: Timer, timer: Timer): void {
  const last = head.previous as Timer;
  timer.previous = last;
  timer.next = head;
  last.next = timer;
  head.previous = timer;
}
