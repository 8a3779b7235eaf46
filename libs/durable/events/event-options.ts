import { idRule, isId } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { checkNumbers, checkSignal, hexId, overDefaults } from "../../pipeline/index.ts";
import { anyTime, type RetryingOptions, retryingDefaults } from "../attempts/retrying-options.ts";

/** What a publisher may say about one event. */
export interface PublishOptions {
  /**
   * The event's id, unique for its name and publisher: 1 to 128 of letters, digits and `_.:/+=-`. The same id again
   * within two minutes is the same event, stored once. Later it is stored again; who has followed without a break
   * since the first leaves out the second, as far as it remembers. Default: a new one, which can name a task as well.
   */
  readonly id?: string;
  /** What it is about, such as the user who signed up. Default: nothing. */
  readonly subject?: string;
  /** When it happened. Default: now. */
  readonly at?: Date;
  /** Gives up publishing; the event may have been stored by then, see `unknown_outcome`. */
  readonly signal?: AbortSignal;
}

/** PublishOptions with every default filled in and every value checked. */
export interface PublishConfig {
  readonly id: string;
  /** Whether the publisher chose the id: then it may be published again. */
  readonly isNamed: boolean;
  readonly subject: string | undefined;
  readonly at: Date;
  readonly signal: AbortSignal | undefined;
}

/** Whether it can name an event; a task's id, a token, always can. */
export function isEventId(id: unknown): id is string {
  return typeof id === "string" && isId(id);
}

const mostSubject = 256;

export function resolvePublish(options: PublishOptions = {}): PublishConfig {
  const { id = hexId(16), subject, at = new Date(), signal } = options;
  if (!isEventId(id)) throw wrong("id", idRule, id);
  if (subject !== undefined && !(typeof subject === "string" && isShort(subject))) {
    throw wrong("subject", `1 to ${mostSubject} characters of well-formed text`, subject);
  }
  if (!(at instanceof Date) || Number.isNaN(at.getTime())) throw wrong("at", "a date", at);
  checkSignal("publish.signal", signal);
  return { id, isNamed: options.id !== undefined, subject, at, signal };
}

/** How an agent follows events. */
export interface FollowOptions extends RetryingOptions {
  /** Most that are handled at once on this instance; 1 keeps their order, as long as none fails. Default: 16. */
  readonly concurrency?: number;
  /** Longest an attempt may take, in milliseconds; then its signal is aborted. Default: 300000, five minutes. */
  readonly attemptMs?: number;
  /** Most events that are fetched ahead, where they are handled quickly. Default: 1000. */
  readonly prefetch?: number;
  /** How many handled events are remembered, so that one that comes again is not handled again. Default: 10000. */
  readonly remember?: number;
}

/** FollowOptions with every default filled in and every value checked. */
export type FollowConfig = Readonly<Required<FollowOptions>>;

const followDefaults: FollowConfig = {
  ...retryingDefaults,
  concurrency: 16,
  attemptMs: 300_000,
  prefetch: 1_000,
  remember: 10_000,
};

export function resolveFollow(options: FollowOptions = {}): FollowConfig {
  return checkNumbers("follow", overDefaults("follow", followDefaults, options), {
    concurrency: { min: 1, max: 1_000, whole: true },
    attempts: { min: 1, max: 19, whole: true },
    attemptMs: anyTime,
    firstDelayMs: anyTime,
    maxDelayMs: anyTime,
    prefetch: { min: 1, max: 1_000, whole: true },
    remember: { min: 1, max: 1_000_000, whole: true },
  });
}

/** How an agent hears events live. */
export interface HearOptions {
  /** Most that are handled at once; 1 keeps their order. Default: 1. */
  readonly concurrency?: number;
  /** Most that wait for a handler; of more, the oldest goes, and the next one tells how many. Default: 1000. */
  readonly waiting?: number;
  /** Longest one may take, in milliseconds; then its signal is aborted, and its place is another's. Default: 300000. */
  readonly attemptMs?: number;
}

/** HearOptions with every default filled in and every value checked. */
export type HearConfig = Readonly<Required<HearOptions>>;

const hearDefaults: HearConfig = { concurrency: 1, waiting: 1_000, attemptMs: 300_000 };

export function resolveHear(options: HearOptions = {}): HearConfig {
  return checkNumbers("hear", overDefaults("hear", hearDefaults, options), {
    concurrency: { min: 1, max: 1_000, whole: true },
    waiting: { min: 1, max: 100_000, whole: true },
    attemptMs: anyTime,
  });
}

function wrong(option: string, allowed: string, came: unknown): MeshError {
  const got = (JSON.stringify(came) ?? String(came)).slice(0, 80);
  return new MeshError(
    MeshCode.InvalidArgument,
    `publish.${option} must be ${allowed}, got ${got}`,
  );
}

function isShort(text: string): boolean {
  return text.length > 0 && text.length <= mostSubject && !/\p{Surrogate}/u.test(text);
}
