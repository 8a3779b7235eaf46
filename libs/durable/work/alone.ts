import { type CallSignal, unlessEnded } from "../../pipeline/index.ts";
import type { RetryingConfig } from "./retrying-options.ts";
import { deathsOf, type Running } from "./running.ts";

/** A first death may be a neighbour's doing, or that of the machine. */
const mostDeaths = 2;

/**
 * Whether it may be this message that its processes die of: so many of its tries never ended.
 *
 * Such run one at a time from then on: who dies of one takes no other one's last attempt along.
 */
export function isSuspect(
  tried: Pick<Running, "attempt" | "tries">,
  { attempts }: Pick<RetryingConfig, "attempts">,
): boolean {
  const deaths = deathsOf(tried);
  return deaths > 0 && deaths >= Math.min(mostDeaths, attempts - 1);
}

/** One at a time in this process, the first to come first. */
export class Alone {
  #last: Promise<void> = Promise.resolve();

  /** Works when it is its turn, or as soon as the signal ends. */
  async run<T>(signal: CallSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let leave = (): void => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#last = before.then(() => left);
    await unlessEnded(signal, () => before).catch(() => {});
    try {
      return await work();
    } finally {
      leave();
    }
  }
}
