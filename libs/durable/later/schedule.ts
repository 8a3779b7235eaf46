import { nextAfter } from "./cron.ts";
import type { Again, Plan } from "./plan.ts";
import { momentOf } from "./when.ts";

/** Something that is for later, as its submitter holds it. */
export interface Schedule {
  readonly id: string;
  /** Undefined for a task that is for once. */
  readonly cron: string | undefined;
  /** Undefined for a task that is for once. */
  readonly timezone: string | undefined;
  /** No firing after this. */
  readonly until: Date | undefined;
  /** When it is due next; undefined where that was the last time. */
  readonly next: Date | undefined;
  /** Takes it back; resolves when that is stored. What was released before goes on. */
  cancel(): Promise<void>;
}

/** What was stored of it, and when. */
export interface Kept {
  readonly id: string;
  readonly plan: Extract<Plan, { does: "once" | "again" }>;
  readonly storedAt: Date;
}

/** A schedule as others see it: `next` is read anew each time. */
export function scheduleOf({ id, plan, storedAt }: Kept, cancel: () => Promise<void>): Schedule {
  if (plan.does === "once") {
    const next = momentOf(plan, storedAt);
    return { id, cron: undefined, timezone: undefined, until: undefined, next, cancel };
  }
  const { cron, timezone = "UTC" } = plan;
  const until = plan.until === undefined ? undefined : new Date(plan.until);
  return {
    ...{ id, cron, timezone, until, cancel },
    get next() {
      return nextOf(plan, new Date());
    },
  };
}

/** When a plan fires next after a moment. */
export function nextOf({ cron, timezone = "UTC", until }: Again, after: Date): Date | undefined {
  const next = nextAfter({ cron, timezone }, after);
  const isOver = next === undefined || (until !== undefined && next > new Date(until));
  return isOver ? undefined : next;
}
