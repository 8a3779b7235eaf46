import type { Priority } from "@myelin/subjects";
import type { Attempt } from "./attempt.ts";

/** An attempt under way, or one that waits for its turn. */
export class Held {
  readonly attempt: Attempt;
  readonly priority: Priority;
  /** When the server last heard that it is worked on. */
  beatAt: number;

  constructor(attempt: Attempt, priority: Priority, now: number) {
    this.attempt = attempt;
    this.priority = priority;
    this.beatAt = now;
  }

  /** What only one of the agent's tasks may work on at once. */
  get key(): string | undefined {
    return this.attempt.key;
  }

  /** What it waits for, where it is parked. */
  get waitsFor(): string | undefined {
    return this.attempt.waitsFor;
  }

  get deaths(): number {
    return this.attempt.deaths;
  }

  get isUrgent(): boolean {
    return !isNormal(this);
  }
}

export function isNormal({ priority }: Pick<Held, "priority">): boolean {
  return priority === "normal";
}
