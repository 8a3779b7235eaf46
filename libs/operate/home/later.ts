import { setTimeout as sleep } from "node:timers/promises";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { readAccount } from "../../identity/index.ts";

/** A clock that is further back than this is wrong, and nobody waits for it; in milliseconds. */
const mostAheadMs = 5_000;

/**
 * Resolves in a later second than the one in which this JWT was issued.
 *
 * Servers that missed something merge what they keep, and go by that second alone: of two JWTs of one account and
 * second either may win, and a revocation be taken back on all of them.
 */
export async function laterThan(jwt: string | undefined): Promise<void> {
  if (jwt === undefined) return;
  const { name, issuedAt } = readAccount(jwt);
  const until = issuedAt.getTime() + 1_000;
  if (until > Date.now() + mostAheadMs) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `account ${name} was issued at ${issuedAt.toISOString()}, which is ahead of this machine's clock; set the clock, since servers keep the later one`,
    );
  }
  // A timer may fire a little early.
  while (Date.now() < until) await sleep(until - Date.now());
}
