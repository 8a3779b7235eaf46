import type { MeshError } from "../../errors/index.ts";
import { type Clock, pause, unlessAborted } from "../../pipeline/index.ts";

/** What became of one try to write what was made from what is there. */
export type Written<T> =
  | { readonly is: "written"; readonly value: T }
  /** Somebody else was quicker. */
  | { readonly is: "outdated"; readonly error: MeshError };

export interface StartingOverParts {
  readonly clock: Clock;
  readonly random: () => number;
}

/** What ends the waiting, and what is waited for. */
export interface Waited {
  readonly signal: AbortSignal | undefined;
  readonly what: string;
}

/** How often it begins anew, and how long it waits before at most, in milliseconds. */
const mostTries = 20;
const mostPauseMs = 200;

/** Reads, makes and writes, again from the beginning while others are quicker; throws the last try's error then. */
export async function startingOver<T>(
  write: (tries: number) => Promise<Written<T>>,
  { clock, random }: StartingOverParts,
  { signal, what }: Waited,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const written = await write(tries);
    if (written.is === "written") return written.value;
    if (tries === mostTries) throw written.error;
    // Those that came together must not come back together.
    const pauseMs = random() * Math.min(mostPauseMs, 10 * 2 ** tries);
    await unlessAborted(pause(clock, pauseMs), signal, what);
  }
}
