import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import type { MeshError } from "../errors/index.ts";
import { bounded } from "./bounded.ts";
import { deniedBy } from "./errors.ts";
import type { Listening } from "./listening.ts";
import { type Inbound, inbound } from "./message.ts";

/** What is heard, by whom. */
export interface HearingParts {
  /** Whose connection it is. */
  readonly user: string;
  readonly subject: string;
  readonly queue: string | undefined;
  readonly onMessage: (message: Inbound) => void;
  /** Takes what the callback threw. */
  readonly onTrouble: (thrown: unknown) => void;
  /** Whether a connection can be told anything now. */
  readonly isUp: (nc: NatsConnection) => boolean;
  readonly onStopped?: (hearing: Hearing) => void;
}

interface Place {
  readonly sub: Subscription;
  refused: MeshError | undefined;
}

/** How long the server may take to confirm that it has stopped, in milliseconds. */
const stopWithinMs = 2_000;

/** One subscription, wherever it is: while a link changes its connection, it is on both. */
export class Hearing implements Listening {
  readonly #parts: HearingParts;
  readonly #places = new Map<NatsConnection, Place>();
  #stopped: Promise<void> | undefined;

  constructor(parts: HearingParts) {
    this.#parts = parts;
  }

  get refused(): MeshError | undefined {
    return [...this.#places.values()].find(({ refused }) => refused !== undefined)?.refused;
  }

  refusedOn(nc: NatsConnection): MeshError | undefined {
    return this.#places.get(nc)?.refused;
  }

  /** Hears it on this connection, too. What the callback throws is reported: nats.js would stop reading. */
  hear(nc: NatsConnection): void {
    const { user, subject, queue, onMessage, onTrouble } = this.#parts;
    const sub = nc.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, msg) => {
        if (error !== null) {
          const place = this.#places.get(nc);
          if (place !== undefined) place.refused = deniedBy(error, user)?.error;
          return;
        }
        try {
          onMessage(inbound(msg));
        } catch (thrown) {
          onTrouble(thrown);
        }
      },
    });
    this.#places.set(nc, { sub, refused: undefined });
  }

  /** Leaves this connection; resolves when all that the server had sent over it has been handed over. */
  async leave(nc: NatsConnection): Promise<void> {
    const place = this.#places.get(nc);
    if (place === undefined) return;
    this.#places.delete(nc);
    await end(place.sub, this.#parts.isUp(nc));
  }

  /** The connection is gone. */
  forget(nc: NatsConnection): void {
    this.#places.delete(nc);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#parts.onStopped?.(this);
    await Promise.all([...this.#places.keys()].map((nc) => this.leave(nc)));
  }
}

async function end(sub: Subscription, isUp: boolean): Promise<void> {
  // While it is down the server has forgotten the subscription: only nats.js must not bring it back.
  if (!isUp) return sub.unsubscribe();
  try {
    await bounded(sub.drain(), stopWithinMs);
  } catch {
    // The connection is closed, and the subscription with it.
  }
  if (!sub.isClosed()) sub.unsubscribe();
}
