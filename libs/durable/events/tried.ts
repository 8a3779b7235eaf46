import { Recent } from "../../identity/index.ts";
import { mostTries, type Try } from "../work/running.ts";
import type { EventDelivery } from "./event-delivery.ts";

/** Events whose tries are remembered, at most: of more that fail at once the oldest are forgotten. */
const mostEvents = 1_000;

/** How events failed here, by their places, for their dead letters. What other instances tried nobody here knows. */
export class Tried extends Recent<number, readonly Try[]> {
  constructor() {
    super(mostEvents);
  }

  /** One has ended now that began then, in milliseconds since 1970. */
  add(
    { sequence, deliveries: attempt }: Pick<EventDelivery, "sequence" | "deliveries">,
    begunAt: number,
    how: Pick<Try, "instance" | "error">,
  ): void {
    const times = { begunAt: new Date(begunAt).toISOString(), endedAt: new Date().toISOString() };
    const all = [...(this.get(sequence) ?? []), { ...how, ...times, attempt }];
    this.set(sequence, all.slice(-mostTries));
  }
}
