import { type ownStoreApi, resultSubject, runningState, Store } from "@myelin/subjects";
import {
  type Running,
  readGeneration,
  readRunning,
  type StoreAccess,
} from "../../durable/index.ts";
import type { StoreDoor } from "../stores/index.ts";
import type { Queued } from "./view.ts";

/** How the streams are read: by an operator, or by keeper in the store account. */
export interface TaskReader {
  readonly door: StoreDoor;
  readonly store: Pick<StoreAccess, "last">;
  readonly api: Pick<typeof ownStoreApi, "message" | "consumerList" | "streamInfo">;
  /** Which instances of an agent are there; undefined where that is not known yet. */
  readonly present: (agent: string) => Promise<ReadonlySet<string> | undefined>;
}

/** Where a task that is not done stands. */
export type QueuedState =
  /** No handler has begun: it waits for a worker, or for its key. */
  | "waiting"
  | "running"
  /** An attempt has failed; the next one is due after a while. */
  | "retrying"
  /** Its handler has begun, and the instance that ran it is there no more. */
  | "stuck";

/** A task that is not done, and where it stands. */
export interface TaskView extends Queued {
  readonly state: QueuedState;
  /** Attempts begun. */
  readonly attempt: number;
  /** Of the last attempt: who, and since when. */
  readonly instance: string | undefined;
  readonly since: Date | undefined;
  /** The code that the last attempt failed with. */
  readonly error: string | undefined;
}

/** Looks where a queued task stands. */
export async function viewOf(
  { store }: Pick<TaskReader, "store">,
  queued: Queued,
  present: ReadonlySet<string> | undefined,
): Promise<TaskView> {
  const running = await runningOf(store, queued);
  const last = running?.tries.at(-1);
  if (running === undefined || last === undefined) {
    const nothing = { instance: undefined, since: undefined, error: undefined };
    return { ...queued, ...nothing, state: "waiting", attempt: running?.attempt ?? 0 };
  }
  const isGone = present !== undefined && !present.has(last.instance);
  const begun = isGone ? "stuck" : "running";
  return {
    ...queued,
    state: last.endedAt === undefined ? begun : "retrying",
    attempt: running.attempt,
    instance: last.instance,
    since: new Date(last.endedAt ?? last.begunAt),
    error: last.error,
  };
}

/** What its last attempt said; undefined where none has begun of this very message. */
async function runningOf(
  store: TaskReader["store"],
  { submitter, id, agent, generation, sequence }: Queued,
): Promise<Running | undefined> {
  if (id === undefined) return undefined;
  const subject = resultSubject({ submitter, task: id, state: runningState, agent });
  const stored = await store.last(Store.results, subject);
  if (stored === undefined || readGeneration(stored.head) !== generation) return undefined;
  const running = readRunning(stored);
  return running.sequence === sequence ? running : undefined;
}
