import { createHash } from "node:crypto";
import { dayMs, finalState, keyState, resultSubject, Store } from "@myelin/subjects";
import { MeshError } from "../../errors/index.ts";
import { type Clock, inTime } from "../../pipeline/index.ts";
import { json } from "../../wire/index.ts";
import type { StoredMessage } from "../stored/answers.ts";
import { onceId } from "../stored/signing.ts";
import type { StoreAccess } from "../stored/store.ts";
import { onceAfter, write } from "../stored/writing.ts";
import { statesOf } from "../tasks/documents.ts";
import { readGeneration } from "../tasks/generation.ts";
import type { KnownTask } from "./known-task.ts";
import type { TaskDelivery } from "./task-delivery.ts";

export interface TaskKeysParts {
  readonly agent: string;
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly warn: (detail: string) => void;
}

/** A key that an attempt has. */
export interface HeldKey {
  /** Says again that it is had, when it is time to: a store that is full drops what is oldest. Never rejected. */
  keep(): Promise<void>;
  /** Lets the next one have it, once its handler has ended or had its time to. Never rejected, and soon resolved. */
  release(handler: Promise<unknown>): Promise<void>;
}

/** The task that has a key. */
interface Holder {
  readonly submitter: string;
  readonly task: string;
  readonly generation: number;
  /** When it can be worked on no more, whatever became of it, in milliseconds since 1970. */
  readonly until: number;
}

const graceMs = 60_000;
/** How often it is said again who has a key, in milliseconds. */
const keepMs = 5_000;
/** How long a handler that was told to stop may wind up, in milliseconds. */
const windUpMs = 10_000;

/**
 * Which task of an agent has which key: at most one at a time, over all instances.
 *
 * A key lies in the store under its digest, written by expected sequence, so one of two wins. It is the task's and
 * not the process's: a task whose worker dies comes again and still has it, and a while after the task is over the key
 * is free, whoever forgot to say so. A handler that was told to stop keeps it while it winds up, for that while.
 */
export class TaskKeys {
  readonly #parts: TaskKeysParts;

  constructor(parts: TaskKeysParts) {
    this.#parts = parts;
  }

  /** Takes a key for a task; undefined while another task has it. */
  async take(
    key: string,
    task: KnownTask,
    { storedAt }: Pick<TaskDelivery, "storedAt">,
  ): Promise<HeldKey | undefined> {
    const { store } = this.#parts;
    const subject = this.#subject(key);
    const last = await store.last(Store.results, subject);
    if (last !== undefined && !(await this.#isFree(last, task))) return undefined;
    const { submitter, id, generation, head } = task;
    // One that names no deadline may have waited for longer than any.
    const end =
      head.timeoutMs === undefined ? Date.now() + dayMs : storedAt.getTime() + head.timeoutMs;
    const until = end + graceMs;
    const holder = JSON.stringify({ submitter, task: id, generation, until } satisfies Holder);
    const place = await this.#write(subject, holder, last?.sequence ?? 0);
    return place === undefined ? undefined : this.#held(subject, holder, place);
  }

  #held(subject: string, holder: string, place: number): HeldKey {
    const { clock } = this.#parts;
    let keptAt = clock.now();
    let keeping = Promise.resolve(place);
    return {
      keep: async () => {
        if (clock.now() - keptAt < keepMs) return;
        keptAt = clock.now();
        keeping = keeping.then((last) => this.#again(subject, holder, last));
        await keeping;
      },
      release: async (handler) => this.#release(subject, await keeping, handler),
    };
  }

  /** Writes the holder once more; where the store has dropped it nobody else may have it meanwhile. */
  async #again(subject: string, holder: string, last: number): Promise<number> {
    try {
      const place = await this.#write(subject, holder, last);
      if (place !== undefined) return place;
      if ((await this.#parts.store.last(Store.results, subject)) !== undefined) return last;
      return (await this.#write(subject, holder, 0)) ?? last;
    } catch (error) {
      this.#parts.warn(`a key could not be kept: ${MeshError.from(error).message}`);
      return last;
    }
  }

  #subject(key: string): string {
    const { agent } = this.#parts;
    const task = createHash("sha256").update(key).digest("hex").slice(0, 40);
    return resultSubject({ submitter: agent, task, state: keyState, agent });
  }

  async #isFree(last: StoredMessage, { submitter, id }: KnownTask): Promise<boolean> {
    const holder = readHolder(last.payload);
    if (holder === undefined || holder.until < Date.now()) return true;
    if (holder.submitter === submitter && holder.task === id) return true;
    const { agent, store } = this.#parts;
    const states = statesOf({ submitter: holder.submitter, task: holder.task, agent });
    const final = await store.last(Store.results, states(finalState));
    if (final === undefined || readGeneration(final.head) < holder.generation) return false;
    return Date.now() - final.storedAt.getTime() > windUpMs;
  }

  /** The sequence under which it is stored; undefined when another wrote first. */
  async #write(subject: string, payload: string, last: number): Promise<number | undefined> {
    const { store, clock } = this.#parts;
    const headers = onceAfter(onceId(), last, subject);
    const put = await write(store, clock, { subject, payload, headers });
    return put.is === "stored" ? put.sequence : undefined;
  }

  /** Nobody waits for a handler that goes on: its attempt is over, and nothing may be said of it any more. */
  async #release(subject: string, place: number, handler: Promise<unknown>): Promise<void> {
    const { clock } = this.#parts;
    if (await inTime(clock, 0, handler)) return this.#giveBack(subject, place);
    void inTime(clock, windUpMs, handler).then(() => this.#giveBack(subject, place));
  }

  async #giveBack(subject: string, place: number): Promise<void> {
    try {
      // Outdated: the task has come again, elsewhere, and has it there.
      await this.#write(subject, "", place);
    } catch (error) {
      // It is free all the same once its task is over.
      this.#parts.warn(`a key could not be given back: ${MeshError.from(error).message}`);
    }
  }
}

/** Undefined where nobody has the key. */
function readHolder(payload: Uint8Array): Holder | undefined {
  try {
    const said = json.decode(payload) as Partial<Holder> | null;
    const { submitter, task, generation, until } = said ?? {};
    const isOne =
      typeof submitter === "string" &&
      typeof task === "string" &&
      typeof generation === "number" &&
      typeof until === "number";
    return isOne ? { submitter, task, generation, until } : undefined;
  } catch {
    // Empty: it was given back.
    return undefined;
  }
}
