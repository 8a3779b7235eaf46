import { Histogram } from "./histogram.ts";
import type { Outcome } from "./meters.ts";
import { Tally } from "./tally.ts";

/** What happened to the tasks of one skill: as their submitter saw it, and as their worker did. */
export class TaskMeter {
  readonly agent: string;
  readonly skill: string;
  submitted = 0;
  readonly submitErrors = new Tally();
  running = 0;
  /** Times that one was set aside because another had its key. */
  parked = 0;
  /** From its storing to its first attempt. */
  readonly waits = new Histogram();
  /** How long attempts took. */
  readonly latency = new Histogram();
  readonly attempts = new Tally();
  /** How tasks ended for good here: `ok`, or the code of their failure. */
  readonly ends = new Tally();

  constructor(agent: string, skill: string) {
    this.agent = agent;
    this.skill = skill;
  }

  /** It was stored, or was not. */
  submit(outcome: Outcome): void {
    if (outcome === "ok") this.submitted++;
    else this.submitErrors.add(outcome);
  }

  /** An attempt begins; of the first one, how long the task waited. */
  begin(waitedMs: number | undefined): void {
    this.running++;
    if (waitedMs !== undefined) this.waits.record(Math.max(0, waitedMs));
  }

  /** An attempt is over. */
  attempt(outcome: string, tookMs: number): void {
    this.running--;
    this.latency.record(tookMs);
    this.attempts.add(outcome);
  }

  end(outcome: Outcome): void {
    this.ends.add(outcome);
  }
}

/** What waits for an agent in the store, as keeper counts it. */
export interface Backlog {
  readonly agent: string;
  readonly priority: string;
  /** Not delivered to anybody yet. */
  readonly pending: number;
  /** With a worker, or waiting for their next attempt. */
  readonly inWork: number;
  /** Of these, begun by an instance that is there no more. */
  readonly stuck: number;
  /** Age of the oldest one that is not done, in seconds. */
  readonly oldestSeconds: number;
}
