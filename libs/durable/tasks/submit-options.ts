import {
  dayMs,
  idRule,
  isId,
  isToken,
  type Priority,
  priorities,
  tokenRule,
} from "@myelin/subjects";
import { milliseconds } from "../../contract/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { checkSignal, hexId } from "../../pipeline/index.ts";
import { resolveWhen, type When, type WhenOptions } from "../later/when.ts";
import { conversationName } from "../state/conversation-options.ts";

/** What a submitter may say about one task. */
export interface SubmitOptions extends WhenOptions {
  /**
   * The task's id, one name space per submitter and agent: a token of a-z, 0-9, _ and -, at most 63. The same id again
   * is the same task. Default: a new one.
   */
  readonly id?: string;
  /** Tasks of the class `high` are taken before all others that wait. Default: `normal`. */
  readonly priority?: Priority;
  /**
   * What only one task of the agent may work on at once, whoever submitted it: 1 to 128 of letters, digits and
   * `_.:/+=-`. Others with the same key wait their turn. Default: none.
   */
  readonly key?: string;
  /** How long after it was stored, or was due, the task is worth doing, in milliseconds. Default: a day. */
  readonly deadlineMs?: number;
  /** The conversation that it belongs to, as for a call. Default: the one it is submitted in, if any. */
  readonly conversation?: string;
  /** Gives up submitting; the task may have been stored by then, see `unknown_outcome`. */
  readonly signal?: AbortSignal;
}

/** SubmitOptions with every default filled in and every value checked. */
export interface SubmitConfig {
  readonly id: string;
  readonly priority: Priority;
  readonly key: string | undefined;
  /** Undefined: now. */
  readonly when: When | undefined;
  readonly deadlineMs: number;
  readonly conversation: string | undefined;
  readonly signal: AbortSignal | undefined;
}

export function resolveSubmit(options: SubmitOptions = {}): SubmitConfig {
  const { id = newTaskId(), priority = "normal", key, deadlineMs = dayMs, signal } = options;
  const { conversation } = options;
  if (!priorities.includes(priority)) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `submit.priority must be one of ${priorities.join(", ")}, got ${JSON.stringify(priority)}`,
    );
  }
  checkTaskId(id);
  if (key !== undefined && !isTaskKey(key)) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `submit.key must be ${idRule}, got ${JSON.stringify(key)?.slice(0, 80)}`,
    );
  }
  checkSignal("submit.signal", signal);
  const when = resolveWhen(options, Date.now());
  milliseconds("submit.deadlineMs", deadlineMs);
  if (conversation !== undefined) conversationName("submit.conversation", conversation);
  return { id, priority, key, signal, when, deadlineMs, conversation };
}

/** The same in the conversation it is submitted in, where it names none itself. */
export function within(conversation: string | undefined, config: SubmitConfig): SubmitConfig {
  if (conversation === undefined || config.conversation !== undefined) return config;
  return { ...config, conversation };
}

/** Throws `invalid_argument` unless it can name a task. */
export function checkTaskId(id: string): string {
  if (typeof id === "string" && isToken(id)) return id;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `a task's id must be ${tokenRule}, got ${JSON.stringify(id)?.slice(0, 80)}`,
  );
}

export function isTaskKey(key: string): boolean {
  return typeof key === "string" && isId(key);
}

/** Nobody can guess it, so nobody can have used it. */
function newTaskId(): string {
  return hexId(16);
}
