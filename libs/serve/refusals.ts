import { MeshCode, MeshError } from "../errors/index.ts";
import type { Request } from "../pipeline/index.ts";

/** Shortest and longest time that a caller is asked to stay away, in milliseconds. */
const shortestMs = 10;
const longestMs = 30_000;

/** Whether nobody waits for the answer any more, also when the signal has not been told yet. */
export function isLate({ signal }: Request, now: number): boolean {
  if (signal.reason !== undefined) return true;
  const { expiresAt } = signal;
  return expiresAt !== undefined && expiresAt <= now;
}

/** Why a request that is late does not run. */
export function tooLate({ signal, operation, timeoutMs }: Request): MeshError {
  if (signal.reason !== undefined) return signal.reason;
  const within = timeoutMs === undefined ? "" : ` of ${timeoutMs} ms`;
  return new MeshError(
    MeshCode.DeadlineExceeded,
    `${operation.key}: the deadline${within} had passed before it could start; it did not run`,
  );
}

export function draining({ operation }: Request): MeshError {
  return new MeshError(
    MeshCode.Draining,
    `${operation.key}: this instance is shutting down; ask another`,
  );
}

/** Which bound was reached: the queue's, or the caller's share of it. */
export type Crowding = "queue_full" | "caller_share";

/** What the one who is turned away gets to know. */
export interface Crowd {
  readonly running: number;
  readonly waiting: number;
  /** Until all that has begun or waits will be done, as far as one can tell. */
  readonly waitMs: number;
}

export function overloaded(request: Request, why: Crowding, crowd: Crowd): MeshError {
  const { operation, caller } = request;
  const retryAfterMs = Math.ceil(Math.min(Math.max(crowd.waitMs, shortestMs), longestMs));
  const whose = why === "queue_full" ? "there is no room" : `${caller} has its share of the room`;
  return new MeshError(
    MeshCode.Overloaded,
    `${operation.key}: ${whose}; ${crowd.running} run and ${crowd.waiting} wait, try again in ${retryAfterMs} ms`,
    { retryAfterMs },
  );
}
