import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import type { MeshError } from "../errors/index.ts";
import { bounded } from "./bounded.ts";
import { deniedBy } from "./errors.ts";
import { type Inbound, inbound } from "./message.ts";

/** A subscription that can be ended without losing what the server has sent already. */
export interface Listening {
  /** Why the server does not allow it; known once a `flush()` after it has resolved. */
  readonly refused?: MeshError | undefined;
  /** Tells the server to stop; resolves when all it had sent before has been handed over. */
  stop(): Promise<void>;
}

/** The first refusal among several subscriptions. */
export function refusalOf(several: readonly Listening[]): MeshError | undefined {
  return several.find((listening) => listening.refused !== undefined)?.refused;
}

/** What a subscription needs to know of its link. */
export interface Surroundings {
  readonly nc: NatsConnection;
  readonly state: { readonly isUp: boolean };
  /** Takes what a callback threw. */
  readonly onTrouble: (thrown: unknown) => void;
}

/** How long the server may take to confirm that it has stopped, in milliseconds. */
const stopWithinMs = 2_000;

/** Hears a subject. What the callback throws is reported, for nats.js would stop reading altogether. */
export function listen(
  subject: string,
  onMessage: (message: Inbound) => void,
  queue: string | undefined,
  { nc, state, onTrouble }: Surroundings,
): Listening {
  let refused: MeshError | undefined;
  const sub = nc.subscribe(subject, {
    ...(queue === undefined ? {} : { queue }),
    callback: (error, msg) => {
      if (error !== null) {
        refused = deniedBy(error)?.error;
        return;
      }
      try {
        onMessage(inbound(msg));
      } catch (thrown) {
        onTrouble(thrown);
      }
    },
  });
  let stopped: Promise<void> | undefined;
  return {
    get refused() {
      return refused;
    },
    stop() {
      stopped ??= stop(sub, state.isUp);
      return stopped;
    },
  };
}

async function stop(sub: Subscription, isUp: boolean): Promise<void> {
  // While it is down the server has forgotten the subscription: only nats.js must not bring it back.
  if (!isUp) return sub.unsubscribe();
  try {
    await bounded(sub.drain(), stopWithinMs);
  } catch {
    // The connection is closed, and the subscription with it.
  }
  if (!sub.isClosed()) sub.unsubscribe();
}
