import { laterConsumer, Store, scheduleSubject, storeApi } from "@myelin/subjects";
import { token } from "../../contract/index.ts";
import { scheduleCancellation, write } from "../../durable/index.ts";
import { type Abortable, systemClock } from "../../pipeline/index.ts";
import type { ObserverOptions } from "../observe.ts";
import { Standing } from "../standing.ts";
import { storedMessages } from "../stores/index.ts";
import { type LaterFilter, readScheduled, type Scheduled } from "./scheduled.ts";

/** Orders that keeper has not taken yet, and whether one is there to take them. */
export interface Backlog {
  readonly orders: number;
  readonly isTaken: boolean;
}

/** Connects to what a workspace has for later, as a member of the role `operator`; close it when done. */
export async function openLater(options: ObserverOptions): Promise<WorkForLater> {
  return new WorkForLater(await Standing.join(options));
}

/** What a workspace has for later: to see it, and to take it back. */
export class WorkForLater implements AsyncDisposable {
  readonly #standing: Standing;

  /** @internal Use `openLater`. */
  constructor(standing: Standing) {
    this.#standing = standing;
  }

  /** What keeper has for later, in the order in which it was taken. */
  async *list(
    { agent, skill, submitter, id }: LaterFilter = {},
    { signal }: Abortable = {},
  ): AsyncGenerator<Scheduled, void, undefined> {
    const subject = scheduleSubject({
      agent: named("agent", agent),
      skill: named("skill", skill),
      submitter: named("submitter", submitter),
      id: named("id", id),
    });
    const options = { api: storeApi, subject, signal };
    for await (const stored of storedMessages(this.#standing, Store.schedules, options)) {
      const scheduled = readScheduled(stored);
      if (scheduled !== undefined) yield scheduled;
    }
  }

  /** What waits for keeper itself. */
  async backlog(): Promise<Backlog> {
    const { stream, consumer } = laterConsumer;
    const info = await this.#standing.store.api(storeApi.consumerInfo(stream, consumer));
    const { num_waiting = 0, num_pending = 0, num_ack_pending = 0 } = info;
    const held = Number(num_ack_pending);
    return { orders: Number(num_pending) + held, isTaken: Number(num_waiting) > 0 || held > 0 };
  }

  /** Asks keeper to take something back; resolves when that is stored. */
  async cancel(scheduled: Scheduled): Promise<void> {
    const { name, store, signer } = this.#standing;
    await write(store, systemClock, scheduleCancellation(scheduled, name, signer()));
  }

  async close(): Promise<void> {
    await this.#standing.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A word of a filter as a token; every one where it is not given. */
function named(what: string, word: string | undefined): string {
  return word === undefined ? "*" : token(`later.${what}`, word);
}
