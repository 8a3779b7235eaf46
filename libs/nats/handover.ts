import type { NatsConnection } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import { bounded } from "./bounded.ts";
import type { Outbox } from "./outbox.ts";

/** Two connections, and what changes from one to the other. */
export interface HandoverParts {
  readonly from: NatsConnection;
  readonly to: NatsConnection;
  readonly outbox: Outbox;
  /** Why the new connection cannot follow, once its server has confirmed what it was told. */
  readonly refusal: () => MeshError | undefined;
  /** Whether more was told to the new one since this was asked last. */
  readonly hasMore: () => boolean;
  /** Whether the old one can still be left in order. */
  readonly isUp: () => boolean;
  /** Everything goes over the new one from here on; called at once, between two messages. */
  readonly turn: () => void;
}

/** Longest that a server may take to confirm what it was told, in milliseconds. */
const confirmMs = 5_000;
/** Longest that messages are held back, in milliseconds; the old server confirmed within `confirmMs` just before. */
const holdMs = 1_000;
/**
 * On another server of a cluster, how much longer, in milliseconds: what the old one has taken is still on its way
 * to the others, and must not be overtaken.
 */
const routeMs = 50;

/**
 * Turns a link from one connection to the next, both with all its subscriptions for a moment.
 *
 * What is published meanwhile is held back until the old server has taken all before it, a round trip, and then goes
 * over the new one: so the frames of a stream, and a call and its cancel, stay in order.
 */
export async function handOver(parts: HandoverParts): Promise<void> {
  const { from, to, outbox } = parts;
  // An old connection that is slow would hold everything back for long: it must be quick once before.
  await confirm(from);
  do await confirm(to);
  while (parts.hasMore());
  const refusal = parts.refusal();
  if (refusal !== undefined) throw refusal;
  if (!parts.isUp() || to.isClosed())
    throw new MeshError(MeshCode.Unavailable, "the connection was lost under way");
  outbox.flush();
  const taken = from.flush();
  outbox.hold();
  parts.turn();
  try {
    await bounded(taken, holdMs);
    if (from.info?.server_id !== to.info?.server_id) await pause(routeMs);
  } catch {
    // The old connection broke just now: there is nothing left to wait for.
  } finally {
    outbox.release(to);
  }
}

async function confirm(nc: NatsConnection): Promise<void> {
  const { inTime } = await bounded(nc.flush(), confirmMs);
  if (inTime) return;
  const late = `the server did not confirm within ${confirmMs} ms`;
  throw new MeshError(MeshCode.DeadlineExceeded, late);
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
