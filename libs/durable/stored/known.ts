import { isMeshError, MeshCode } from "../../errors/index.ts";
import { type Clock, pause } from "../../pipeline/index.ts";

/** How often it is asked again who may sign, in milliseconds; each time is a second's patience as well. */
const againMs = 500;

/**
 * Asks who signed a message until that can be known, or nobody wants to know any more.
 *
 * While the store is silent nothing of the message is tried, so none of its attempts and deliveries may be spent on
 * that: it stays with who has it, and the server hears that it is worked on.
 */
export async function onceKnown<T>(
  { clock, warn, isOver }: Waiting,
  verify: () => Promise<T>,
): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await verify();
    } catch (error) {
      if (!isMeshError(error, MeshCode.Unavailable) || isOver()) throw error;
      if (isFirst) warn(`${error.detail}: it waits until the store says who may sign`);
    }
    await pause(clock, againMs);
  }
}

/** Who waits for the store. */
export interface Waiting {
  readonly clock: Clock;
  /** Hears once that it waits. */
  readonly warn: (detail: string) => void;
  readonly isOver: () => boolean;
}
