import { type ConsumerName, storeApi } from "@myelin/subjects";
import { isMeshError, MeshCode } from "../../errors/index.ts";
import type { Clock } from "../../pipeline/index.ts";
import type { StoreAccess } from "../stored/store.ts";

/**
 * Whether anybody takes what is stored. `some`: a worker asks for more. `none`: nobody asks, and nobody has anything.
 * `unknown`: those who have something are all busy, or gone; or the store did not say in time.
 */
export type Listeners = "some" | "none" | "unknown";

export interface TakersParts {
  readonly store: StoreAccess;
  readonly clock: Clock;
}

/** How long it is believed that somebody listens, in milliseconds. */
const freshMs = 1_000;

/** Whether somebody takes what a consumer has: asked at most once a second for each, so a burst costs one question. */
export class Takers {
  readonly #parts: TakersParts;
  readonly #heard = new Map<string, Heard>();

  constructor(parts: TakersParts) {
    this.#parts = parts;
  }

  of({ stream, consumer }: ConsumerName): Listeners | Promise<Listeners> {
    const { clock, store } = this.#parts;
    const known = this.#heard.get(consumer);
    if (known !== undefined && clock.now() - known.at < freshMs) return known.found;
    const found = store
      .api(storeApi.consumerInfo(stream, consumer), { waitMs: freshMs })
      .then(listenersOf)
      // No consumer, no worker; silence says nothing.
      .catch(
        (error: unknown): Listeners =>
          isMeshError(error, MeshCode.Unavailable) ? "none" : "unknown",
      );
    const heard: Heard = { at: clock.now(), found };
    this.#heard.set(consumer, heard);
    void found.then((told) => {
      heard.found = told;
    });
    return found;
  }
}

interface Heard {
  readonly at: number;
  /** A promise until it is known: whoever asks then need not wait. */
  found: Listeners | Promise<Listeners>;
}

function listenersOf(info: Readonly<Record<string, unknown>>): Listeners {
  const { num_waiting, num_ack_pending } = info;
  if (Number(num_waiting) > 0) return "some";
  // What nobody has acknowledged may be with a worker that has no room, or with one that died.
  return Number(num_ack_pending) > 0 ? "unknown" : "none";
}
