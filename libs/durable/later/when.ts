import { MeshCode, MeshError } from "../../errors/index.ts";
import { mostDelayMs } from "./plan.ts";

/** When a task shall be done that is not for now; one of the two. */
export interface WhenOptions {
  /** Not before this moment. One that has passed is now. Default: now. */
  readonly at?: Date;
  /** Not before so long after it was stored, in milliseconds; at most ten years. Default: 0. */
  readonly delayMs?: number;
}

/** When, as an order says it. */
export type When = { readonly at: string } | { readonly delayMs: number };

/** Checks when a task shall be done; undefined is now. */
export function resolveWhen({ at, delayMs }: WhenOptions, now: number): When | undefined {
  if (at !== undefined && delayMs !== undefined) {
    throw wrong("submit.at and submit.delayMs exclude each other: give one of them");
  }
  if (at !== undefined) {
    if (!(at instanceof Date) || Number.isNaN(at.getTime())) {
      throw wrong(`submit.at must be a valid Date, got ${shown(at)}`);
    }
    const waitMs = at.getTime() - now;
    if (waitMs > mostDelayMs) throw wrong(`submit.at must be within ten years, got ${shown(at)}`);
    return waitMs > 0 ? { at: at.toISOString() } : undefined;
  }
  if (delayMs === undefined) return undefined;
  if (!Number.isFinite(delayMs) || delayMs < 0 || delayMs > mostDelayMs) {
    const detail = `submit.delayMs must be 0 to ${mostDelayMs} milliseconds, got ${shown(delayMs)}`;
    throw wrong(detail);
  }
  return delayMs > 0 ? { delayMs: Math.ceil(delayMs) } : undefined;
}

/** The moment itself, counted from when the order was stored. */
export function momentOf(when: When, storedAt: Date): Date {
  return "at" in when ? new Date(when.at) : new Date(storedAt.getTime() + when.delayMs);
}

function shown(value: unknown): string {
  return String(typeof value === "number" ? value : JSON.stringify(value)).slice(0, 80);
}

function wrong(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
