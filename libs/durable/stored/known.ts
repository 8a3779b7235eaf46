import { isMeshError, MeshCode, type MeshError } from "../../errors/index.ts";
import { type Clock, pause } from "../../pipeline/index.ts";

/** How often it is asked again, in milliseconds; each time has a patience of its own as well. */
const againMs = 500;

/**
 * Asks the store what must be known before a message may be tried, until it answers or nobody wants to know any more.
 *
 * While the store is silent nothing of the message is tried, so none of its attempts and deliveries may be spent on
 * that: it stays with who has it, and the server hears that it is worked on.
 */
export async function onceKnown<T>(
  { clock, warn, isOver }: Waiting,
  ask: () => Promise<T>,
): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await ask();
    } catch (error) {
      if (!isSilence(error) || isOver()) throw error;
      if (isFirst) warn(`${error.detail}: it waits until the store answers`);
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

function isSilence(error: unknown): error is MeshError {
  return isMeshError(error, MeshCode.Unavailable) || isMeshError(error, MeshCode.UnknownOutcome);
}
