import { isToken } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { resolveSubmit, type SubmitConfig, type SubmitOptions } from "../tasks/submit-options.ts";
import { checkCron } from "./cron.ts";
import type { Again } from "./plan.ts";

/** Work that is done again and again. */
export interface ScheduleOptions
  extends Pick<SubmitOptions, "priority" | "key" | "deadlineMs" | "signal"> {
  /**
   * The schedule's id, one name space per submitter and skill: a token, at most 44. The same id again changes the
   * schedule. Each firing is a task of its own, `<id>-<time>`.
   */
  readonly id: string;
  /** Five fields, six with the seconds first, or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
  readonly cron: string;
  /** The name of the time zone that it goes by, such as `Europe/Berlin`. Default: `UTC`. */
  readonly timezone?: string;
  /** No firing after this moment. Default: until it is cancelled. */
  readonly until?: Date;
}

/** ScheduleOptions with every default filled in and every value checked. */
export interface ScheduleConfig {
  readonly config: SubmitConfig;
  readonly plan: Again & { readonly timezone: string };
}

/** Longest id of a schedule: its firings have the time behind it. */
export const mostScheduleId = 44;

/** Throws `invalid_argument` with what is wrong. */
export function resolveSchedule(options: ScheduleOptions): ScheduleConfig {
  const { cron, timezone, until, ...task } = options ?? {};
  if (typeof task.id !== "string" || !isToken(task.id) || task.id.length > mostScheduleId) {
    const rule = `1 to ${mostScheduleId} of a-z, 0-9, _ and -, beginning with a letter or digit`;
    throw wrong(`schedule.id must be ${rule}, got ${JSON.stringify(task.id)?.slice(0, 80)}`);
  }
  const checked = checkCron(cron, timezone);
  if (until !== undefined && !(until instanceof Date && until.getTime() > Date.now())) {
    throw wrong(`schedule.until must be a Date to come, got ${JSON.stringify(until)}`);
  }
  const config = resolveSubmit(task);
  const last = until === undefined ? {} : { until: until.toISOString() };
  return { config, plan: { does: "again", ...checked, ...last, priority: config.priority } };
}

/** The id of the task that a firing is: two firings of one schedule are never within one second. */
export function firingId(schedule: string, firedAt: Date): string {
  const second = firedAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").toLowerCase();
  return `${schedule}-${second}z`;
}

function wrong(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
