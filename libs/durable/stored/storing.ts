import { MeshCode, type MeshError } from "../../errors/index.ts";
import type { Link } from "../../nats/index.ts";
import { type Clock, gaveUp } from "../../pipeline/index.ts";
import type { Stored } from "./answers.ts";
import { againMs, askWhile, tryMs } from "./asking.ts";
import type { OutMessage, StoreAccess } from "./store.ts";

export interface StoringParts {
  readonly link: Pick<Link, "isUp">;
  readonly store: StoreAccess;
  readonly clock: Clock;
}

/** What is stored, for whom it is given up, and how it is called in an error. */
export interface Storing {
  readonly message: OutMessage;
  readonly signal: AbortSignal | undefined;
  /** `submitting task 7`. */
  readonly what: string;
}

/** How long all tries together may take, in milliseconds. */
const allTriesMs = 12_000;

/** Stores a message for whoever waits; tries again as `askAgain` does: its id keeps it single. */
export function storeMessage(
  parts: StoringParts,
  { message, signal, what }: Storing,
): Promise<Stored> {
  return askAgain(parts, (waitMs) =>
    signal?.aborted === true
      ? Promise.reject(gaveUp(what, signal))
      : parts.store.store(message, waitMs),
  );
}

/** Asks the store, again while the outcome is not known or nobody leads; throws the last reason after 12 s. */
export function askAgain<T>(
  { link, clock }: Omit<StoringParts, "store">,
  ask: (waitMs: number) => Promise<T>,
): Promise<T> {
  const until = clock.now() + allTriesMs;
  return askWhile(
    clock,
    () => ask(Math.min(tryMs, until - clock.now())),
    (error) => passes(error, link) && clock.now() + againMs < until,
  );
}

/** A stream that nobody has made does not come by waiting; a broker that restarts, or a leader, does. */
function passes({ code, retryAfterMs }: MeshError, { isUp }: Pick<Link, "isUp">): boolean {
  if (code === MeshCode.UnknownOutcome || retryAfterMs !== undefined) return true;
  return code === MeshCode.Unavailable && !isUp;
}
