import { type ConsumerName, coversSubject } from "@myelin/subjects";
import type { Clock } from "../../pipeline/index.ts";
import { readConsumer, type Terms } from "../stored/consumer.ts";
import type { StoreAccess } from "../stored/store.ts";

export interface FiltersParts {
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly consumer: ConsumerName;
}

const askMs = 3_000;
/** How long an answer is believed: `apply` may have given the consumer other events meanwhile. */
const freshMs = 5_000;

/** Which events a subscription gets, as its consumer in the store has it. */
export class Filters {
  readonly #parts: FiltersParts;
  #subjects: readonly string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(parts: FiltersParts) {
    this.#parts = parts;
  }

  /** Asks the store; throws when the consumer is not there, or not as it must be. */
  async read(waitMs: number): Promise<Terms> {
    const { store, clock, consumer } = this.#parts;
    const terms = await readConsumer(store, consumer, { needs: "events", waitMs });
    this.#subjects = terms.filters;
    this.#readAt = clock.now();
    return terms;
  }

  /** Whether it gets the events of a subject; one without filters gets all. */
  has(subject: string): boolean {
    return (
      this.#subjects.length === 0 || this.#subjects.some((filter) => coversSubject(filter, subject))
    );
  }

  /** Whether a subject comes only because a wildcard covers it: nobody has named it. */
  async isBeside(subject: string): Promise<boolean> {
    if (this.#parts.clock.now() - this.#readAt > freshMs) await this.read(askMs);
    return !this.#subjects.includes(subject);
  }
}
