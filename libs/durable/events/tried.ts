import { mostTries, type Try } from "../work/running.ts";
import type { EventDelivery } from "./event-delivery.ts";

/** Events whose tries are remembered, at most: of more that fail at once the oldest are forgotten. */
const mostEvents = 1_000;

/** How events failed here, by their places, for their dead letters. What other instances tried nobody here knows. */
export class Tried {
  readonly #tries = new Map<number, readonly Try[]>();

  /** One has ended now that began then, in milliseconds since 1970. */
  add(
    { sequence, deliveries: attempt }: Pick<EventDelivery, "sequence" | "deliveries">,
    {
      begunAt,
      ...how
    }: { readonly instance: string; readonly begunAt: number; readonly error: string },
  ): void {
    const times = { begunAt: new Date(begunAt).toISOString(), endedAt: new Date().toISOString() };
    const all = [...this.of(sequence), { ...how, ...times, attempt }];
    this.#tries.delete(sequence);
    this.#tries.set(sequence, all.slice(-mostTries));
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > mostEvents && oldest !== undefined) this.#tries.delete(oldest);
  }

  /** The last ones, oldest first. */
  of(place: number): readonly Try[] {
    return this.#tries.get(place) ?? [];
  }

  forget(place: number): void {
    this.#tries.delete(place);
  }
}
