import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Link } from "../../nats/index.ts";
import { type Clock, gaveUp } from "../../pipeline/index.ts";
import type { Letterbox, Put, StoreAccess } from "./store.ts";

export interface StoringParts {
  readonly link: Pick<Link, "isUp">;
  readonly store: StoreAccess;
  readonly clock: Clock;
}

/** What is stored, for whom it is given up, and how it is called in an error. */
export interface Storing {
  readonly letter: Letterbox;
  readonly signal: AbortSignal | undefined;
  /** `submitting task 7`. */
  readonly what: string;
}

/** How long one try waits for the store, and all of them together, in milliseconds. */
const tryMs = 2_500;
const allTriesMs = 12_000;
const pauseMs = 200;

/** Stores a message for whoever waits; tries again as `askAgain` does: its id keeps it single. */
export function storeLetter(
  parts: StoringParts,
  { letter, signal, what }: Storing,
): Promise<Extract<Put, { is: "stored" }>> {
  return askAgain(parts, async (waitMs) => {
    if (signal?.aborted === true) throw gaveUp(what, signal);
    const put = await parts.store.put(letter, waitMs);
    if (put.is === "stored") return put;
    throw new MeshError(MeshCode.Internal, `${letter.subject}: refused as outdated`);
  });
}

/** Asks the store, again while the outcome is not known or nobody leads; throws the last reason after 12 s. */
export async function askAgain<T>(
  { link, clock }: Omit<StoringParts, "store">,
  ask: (waitMs: number) => Promise<T>,
): Promise<T> {
  const until = clock.now() + allTriesMs;
  for (;;) {
    try {
      return await ask(Math.min(tryMs, until - clock.now()));
    } catch (error) {
      const mayPass = passes(MeshError.from(error), link);
      if (!mayPass || clock.now() + pauseMs >= until) throw error;
      await new Promise<void>((resolve) => void clock.schedule(pauseMs, resolve));
    }
  }
}

/** A stream that nobody has made does not come by waiting; a broker that restarts, or a leader, does. */
function passes({ code, retryAfterMs }: MeshError, { isUp }: Pick<Link, "isUp">): boolean {
  if (code === MeshCode.UnknownOutcome || retryAfterMs !== undefined) return true;
  return code === MeshCode.Unavailable && !isUp;
}
