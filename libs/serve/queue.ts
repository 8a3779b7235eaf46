import type { Request } from "../pipeline/index.ts";
import type { AdmissionConfig } from "./admission-options.ts";
import { type Caller, type Callers, held } from "./callers.ts";
import type { Crowding } from "./refusals.ts";

/** A request that waits for a place. */
export interface Waiting {
  readonly request: Request;
  readonly caller: Caller;
  /** Its turn has come. */
  start(now: number): void;
  /** Its place was needed for somebody who has less. */
  displace(): void;
}

/**
 * The bounded line of requests that wait for a place: first in, first out, but nobody takes more than a share of it
 * from others.
 *
 * A caller that has its share waits no more while others are active. When the line is full, the newest of whoever is
 * over the share makes room for one who is not: nothing of it ran.
 */
export class Queue {
  readonly #limit: number;
  readonly #callers: Callers;
  readonly #share: number;
  readonly #runningShare: number;
  // A Set keeps its order and lets go of the middle: whoever gives up leaves.
  readonly #line = new Set<Waiting>();

  constructor({ concurrency, queue, callerShare }: AdmissionConfig, callers: Callers) {
    this.#limit = queue;
    this.#callers = callers;
    this.#share = Math.max(1, Math.ceil(callerShare * (concurrency + queue)));
    this.#runningShare = Math.max(1, Math.ceil(callerShare * concurrency));
  }

  get size(): number {
    return this.#line.size;
  }

  /** Lets it wait, or says which bound was reached. */
  add(waiting: Waiting): "waiting" | Crowding {
    const { caller } = waiting;
    if (held(caller) >= this.#share && this.#callers.active > 1) return "caller_share";
    if (this.#line.size >= this.#limit) {
      const greedy = this.#newestOverShare(caller);
      if (greedy === undefined) return "queue_full";
      this.remove(greedy);
      greedy.displace();
    }
    this.#line.add(waiting);
    this.#callers.wait(caller);
    return "waiting";
  }

  /** False when it was not in the line. */
  remove(waiting: Waiting): boolean {
    if (!this.#line.delete(waiting)) return false;
    this.#callers.leave(waiting.caller);
    return true;
  }

  /** Takes out whose turn it is: the first of a caller that runs less than its share, else the first. */
  take(): Waiting | undefined {
    const [first] = this.#line;
    if (first === undefined) return undefined;
    const next = this.#callers.active > 1 ? (this.#firstUnderShare() ?? first) : first;
    this.remove(next);
    return next;
  }

  #firstUnderShare(): Waiting | undefined {
    for (const waiting of this.#line) {
      if (waiting.caller.running < this.#runningShare) return waiting;
    }
    return undefined;
  }

  #newestOverShare(other: Caller): Waiting | undefined {
    let newest: Waiting | undefined;
    for (const waiting of this.#line) {
      if (waiting.caller !== other && held(waiting.caller) > this.#share) newest = waiting;
    }
    return newest;
  }
}
