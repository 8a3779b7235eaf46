import { type Priority, parseScheduleSubject, type ScheduleAddress } from "@myelin/subjects";
import { isPlanned, momentOf, nextOf, readKept } from "../../durable/index.ts";
import type { Stored } from "../stores/index.ts";

/** A task or schedule that keeper has for later. */
export interface Scheduled extends ScheduleAddress {
  /** Undefined for a task that is for once. */
  readonly cron: string | undefined;
  readonly timezone: string | undefined;
  readonly until: Date | undefined;
  /** When it is due next. */
  readonly next: Date;
  readonly priority: Priority;
  /** When its submitter stored it. */
  readonly storedAt: Date;
}

/** Which of them. */
export interface LaterFilter {
  readonly agent?: string | undefined;
  readonly skill?: string | undefined;
  readonly submitter?: string | undefined;
  readonly id?: string;
}

/** Reads what lies in the stream of schedules; undefined for what is not for later any more. */
export function readScheduled({ subject, head, payload }: Stored): Scheduled | undefined {
  const address = parseScheduleSubject(subject);
  const kept = address.ok ? readKept(address.value, { head, payload }) : undefined;
  if (!address.ok || kept === undefined || !isPlanned(kept.plan)) return undefined;
  const { plan, original } = kept;
  const { priority } = plan;
  const facts = { ...address.value, priority, storedAt: original.storedAt };
  if (plan.does === "once") {
    const next = momentOf(plan, original.storedAt);
    return { ...facts, next, cron: undefined, timezone: undefined, until: undefined };
  }
  const next = nextOf(plan, new Date());
  if (next === undefined) return undefined;
  const { cron, timezone } = plan;
  const until = plan.until === undefined ? undefined : new Date(plan.until);
  return { ...facts, cron, timezone, until, next };
}
