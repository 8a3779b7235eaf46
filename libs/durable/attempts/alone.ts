import type { RetryingConfig } from "./retrying-options.ts";

/** A first death may be a neighbour's doing, or that of the machine. */
const mostDeaths = 2;

/** Whether an attempt is over, or waits for somebody else who has its key, or until it is alone. */
export type Ran = "ended" | "parked";

/** For what others wait that are like it; no key of a task reads so. */
export const aloneKey = " alone";

/** Whether it may be this message that its processes die of: so many of its tries never ended. */
export function isSuspect(deaths: number, { attempts }: Pick<RetryingConfig, "attempts">): boolean {
  return deaths >= Math.max(1, Math.min(mostDeaths, attempts - 1));
}

/** One suspect at a time in this process: who dies of one takes no other one's last attempt along. */
export class Alone {
  #who: object | undefined;

  get isFree(): boolean {
    return this.#who === undefined;
  }

  /** Whether it may go on; until it leaves no other one may. */
  enter(who: object): boolean {
    this.#who ??= who;
    return this.#who === who;
  }

  leave(who: object): void {
    if (this.#who === who) this.#who = undefined;
  }
}
