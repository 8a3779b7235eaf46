import { isToken, type Priority, priorities, tokenRule } from "@myelin/subjects";
import { milliseconds } from "../contract/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import { randomToken } from "../pipeline/index.ts";

/** What a submitter may say about one task. */
export interface SubmitOptions {
  /**
   * The task's id, one name space per submitter and agent: a token of a-z, 0-9, _ and -, at most 63. The same id again
   * is the same task. Default: a new one.
   */
  readonly id?: string;
  /** Tasks of the class `high` are taken beside, not after, those that wait already. Default: `normal`. */
  readonly priority?: Priority;
  /** How long after it was stored the task is worth doing, in milliseconds. Default: a day. */
  readonly deadlineMs?: number;
  /** Gives up submitting; the task may have been stored by then, see `unknown_outcome`. */
  readonly signal?: AbortSignal;
}

/** SubmitOptions with every default filled in and every value checked. */
export interface SubmitConfig {
  readonly id: string;
  readonly priority: Priority;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

const day = 86_400_000;

export function resolveSubmit(options: SubmitOptions = {}): SubmitConfig {
  const { id = newTaskId(), priority = "normal", deadlineMs = day, signal } = options;
  if (!priorities.includes(priority)) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `submit.priority must be one of ${priorities.join(", ")}, got ${JSON.stringify(priority)}`,
    );
  }
  checkTaskId(id);
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new MeshError(MeshCode.InvalidArgument, "submit.signal must be an AbortSignal");
  }
  return {
    ...{ id, priority, signal },
    deadlineMs: milliseconds("submit.deadlineMs", deadlineMs),
  };
}

/** Throws `invalid_argument` unless it can name a task. */
export function checkTaskId(id: string): string {
  if (typeof id === "string" && isToken(id)) return id;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `a task's id must be ${tokenRule}, got ${JSON.stringify(id)?.slice(0, 80)}`,
  );
}

/** Nobody can guess it, so nobody can have used it. */
function newTaskId(): string {
  return Buffer.from(randomToken(), "base64url").toString("hex");
}
