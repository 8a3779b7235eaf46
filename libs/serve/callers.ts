/** What one caller has in this instance. */
export interface Caller {
  running: number;
  waiting: number;
}

/** Places that a caller takes. */
export function held({ running, waiting }: Caller): number {
  return running + waiting;
}

/** Most callers that are remembered while they have nothing here. */
const mostIdle = 1_000;

/** Who has how much running and waiting, so that one greedy caller leaves room for the others. */
export class Callers {
  readonly #callers = new Map<string, Caller>();
  #active = 0;

  /** Callers that have something here. */
  get active(): number {
    return this.#active;
  }

  of(name: string): Caller {
    return this.#callers.get(name) ?? this.#add(name);
  }

  start(caller: Caller): void {
    if (isIdle(caller)) this.#active++;
    caller.running++;
  }

  finish(caller: Caller): void {
    caller.running--;
    if (isIdle(caller)) this.#active--;
  }

  wait(caller: Caller): void {
    if (isIdle(caller)) this.#active++;
    caller.waiting++;
  }

  leave(caller: Caller): void {
    caller.waiting--;
    if (isIdle(caller)) this.#active--;
  }

  #add(name: string): Caller {
    if (this.#callers.size - this.#active >= mostIdle) {
      for (const [other, caller] of this.#callers) if (isIdle(caller)) this.#callers.delete(other);
    }
    const caller: Caller = { running: 0, waiting: 0 };
    this.#callers.set(name, caller);
    return caller;
  }
}

function isIdle(caller: Caller): boolean {
  return held(caller) === 0;
}
