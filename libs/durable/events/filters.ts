import { type ConsumerName, coversSubject, nanosecondsPerMs, storeApi } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Clock } from "../../pipeline/index.ts";
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
  async read(waitMs: number): Promise<{ readonly ackWaitMs: number }> {
    const { store, clock, consumer } = this.#parts;
    const { stream, consumer: name } = consumer;
    const info = await store.api(storeApi.consumerInfo(stream, name), { waitMs });
    const config = (info["config"] ?? {}) as Readonly<Record<string, unknown>>;
    const { ack_wait, ack_policy, filter_subject, filter_subjects } = config;
    if (ack_policy !== "explicit" || typeof ack_wait !== "number" || ack_wait <= 0) {
      throw new MeshError(
        MeshCode.Unavailable,
        `the consumer ${name} of ${stream} is not as events need it: it must acknowledge explicitly; see \`myelin apply\``,
      );
    }
    const several = Array.isArray(filter_subjects) ? filter_subjects : [filter_subject];
    this.#subjects = several.filter((subject) => typeof subject === "string" && subject !== "");
    this.#readAt = clock.now();
    return { ackWaitMs: ack_wait / nanosecondsPerMs };
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
