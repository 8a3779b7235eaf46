import type { MeshCode } from "../errors/index.ts";
import type { Operation } from "../pipeline/index.ts";
import { Histogram } from "./histogram.ts";
import { Tally } from "./tally.ts";

/** How something ended. */
export type Outcome = MeshCode | "ok";

/** What happened to the calls of one skill, as the caller saw it. Plain fields, read when somebody asks. */
export class ClientMeter {
  readonly agent: string;
  readonly skill: string;
  inFlight = 0;
  retries = 0;
  attempts = 0;
  readonly latency = new Histogram();
  readonly errors = new Tally();
  readonly attemptErrors = new Tally();

  constructor(agent: string, skill: string) {
    this.agent = agent;
    this.skill = skill;
  }

  begin(): void {
    this.inFlight++;
  }

  /** The call is over, a stream with its last frame. */
  end(outcome: Outcome, tookMs: number): void {
    this.inFlight--;
    this.latency.record(tookMs);
    if (outcome !== "ok") this.errors.add(outcome);
  }

  /** It is attempted once more. */
  retry(): void {
    this.retries++;
  }

  /** One attempt is over, that of a stream with its first frame. */
  attempt(outcome: Outcome): void {
    this.attempts++;
    if (outcome !== "ok") this.attemptErrors.add(outcome);
  }
}

/** What happened to the requests of one skill, as its agent saw it. */
export class ServerMeter {
  readonly agent: string;
  readonly skill: string;
  inFlight = 0;
  readonly latency = new Histogram();
  readonly errors = new Tally();
  readonly sheds = new Tally();

  constructor(agent: string, skill: string) {
    this.agent = agent;
    this.skill = skill;
  }

  begin(): void {
    this.inFlight++;
  }

  /** The request is answered, a stream with its last frame. */
  end(outcome: Outcome, tookMs: number): void {
    this.inFlight--;
    this.latency.record(tookMs);
    if (outcome !== "ok") this.errors.add(outcome);
  }

  /** Its answer was good, and could not be sent. */
  unsent(code: MeshCode): void {
    this.errors.add(code);
  }

  /** It was refused before anything was spent on it. */
  shed(reason: string): void {
    this.sheds.add(reason);
  }
}

/** Most skills that are told apart on one side of one connection. */
export const mostOperations = 500;

/** The meters of one side, by skill; those beyond the bound share one, `other`. */
export class Meters<Meter> {
  readonly #make: (agent: string, skill: string) => Meter;
  readonly #meters = new Map<string, Meter>();
  #other: Meter | undefined;

  constructor(make: (agent: string, skill: string) => Meter) {
    this.#make = make;
  }

  of(operation: Operation): Meter {
    return this.#meters.get(operation.key) ?? this.#first(operation);
  }

  *all(): IterableIterator<Meter> {
    yield* this.#meters.values();
    if (this.#other !== undefined) yield this.#other;
  }

  #first({ key, agent, skill }: Operation): Meter {
    if (this.#meters.size >= mostOperations) {
      this.#other ??= this.#make("other", "other");
      return this.#other;
    }
    const meter = this.#make(agent, skill);
    this.#meters.set(key, meter);
    return meter;
  }
}
