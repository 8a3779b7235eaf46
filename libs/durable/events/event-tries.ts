import { createHash } from "node:crypto";
import { resultSubject, Store, triedState } from "@myelin/subjects";
import { MeshCode } from "../../errors/index.ts";
import {
  deathsOf,
  type Running,
  readRunning,
  runningBody,
  stateHeaders,
  withEnd,
  withTry,
} from "../attempts/running.ts";
import type { Tried } from "../attempts/tried.ts";
import { onceKnown, type Waiting } from "../stored/known.ts";
import { onceId } from "../stored/signing.ts";
import type { StoreAccess } from "../stored/store.ts";
import { onceAfter } from "../stored/writing.ts";
import type { FollowName } from "./dead-event.ts";
import type { EventDelivery } from "./event-delivery.ts";

export interface EventTriesParts extends FollowName {
  readonly instance: string;
  readonly store: StoreAccess;
}

/** How long one question to the store may take, in milliseconds; it is asked again. */
const askMs = 2_500;
/** Others who write the same, at most: after so many looks it is theirs. */
const mostLooks = 3;

/**
 * How one event was tried by all instances of a subscription; in the store, where its first delivery is not all.
 *
 * The server counts what it delivered, also what lay in the buffers of a follower that died of another event: by that
 * alone good events would end in the dead letters untried. What a first delivery came to, where its follower died,
 * nobody knows: it counts as a try, but for where one is all that it has: there each is noted before it begins.
 */
export class EventTries implements Tried {
  readonly #parts: EventTriesParts;
  readonly #subject: string;
  /** Waits for the store as long as its event may. */
  readonly #waiting: Waiting;
  #now: Running;
  /** The sequence of what the store has, as far as it is known here; 0 for nothing. */
  #place = 0;
  #hasBegun = false;

  constructor(
    { sequence, storedAt, deliveries }: Pick<EventDelivery, "sequence" | "storedAt" | "deliveries">,
    parts: EventTriesParts & { readonly config: { readonly attempts: number } },
    waiting: Waiting,
  ) {
    this.#parts = parts;
    this.#waiting = waiting;
    const { instance, config } = parts;
    this.#subject = subjectOf(parts, eventOf({ sequence, storedAt }));
    const fresh = { stopped: 0, isEnding: false, tries: [] };
    const attempt = deliveries > 1 && config.attempts > 1 ? 1 : 0;
    this.#now = { ...fresh, attempt, instance, sequence, delivery: deliveries };
  }

  /** Whether one has begun with this delivery. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** How many have begun, as far as anybody knows. */
  get attempt(): number {
    return this.#now.attempt;
  }

  /** How many of them count: those that a follower's own end cut short do not. */
  get spent(): number {
    return this.#now.attempt - this.#now.stopped;
  }

  /** How many nobody saw end. */
  get deaths(): number {
    return deathsOf(this.#now);
  }

  /** The last ones, oldest first. */
  get tries(): Running["tries"] {
    return this.#now.tries;
  }

  /** Looks up what others have tried; false when a later delivery of it is at work. */
  look(): Promise<boolean> {
    return onceKnown(this.#waiting, async () => {
      const found = await this.#parts.store.last(Store.results, this.#subject, askMs);
      if (found === undefined) return true;
      const before = readRunning(found);
      const { delivery, sequence, instance } = this.#now;
      this.#place = found.sequence;
      this.#now = { ...before, instance, sequence, delivery };
      // One that has ended may be of a consumer that was made anew, and counts its deliveries anew.
      const isOpen = before.tries.at(-1)?.endedAt === undefined && before.tries.length > 0;
      return !(isOpen && before.delivery > delivery);
    });
  }

  /** One begins; false when it may not, since a later delivery is at work. */
  begin(): Promise<boolean> {
    this.#hasBegun = true;
    return this.#write((now) => withTry(now));
  }

  /** One has failed that began then; false when a later delivery is at work. */
  end(begunAt: number, error: MeshCode): Promise<boolean> {
    return this.#write(this.#ended(begunAt, error));
  }

  /** The follower stops in order, and with it one that began then, if it began; the same answer. */
  stop(begunAt: number | undefined): Promise<boolean> {
    if (begunAt === undefined) return this.#write((now) => now);
    const ended = this.#ended(begunAt, MeshCode.Draining);
    return this.#write((now) => ({ ...ended(now), stopped: now.stopped + 1 }));
  }

  #ended(begunAt: number, error: MeshCode): (now: Running) => Running {
    if (this.#hasBegun) return (now) => withEnd(now, error) ?? now;
    this.#hasBegun = true;
    const times = { begunAt: new Date(begunAt).toISOString(), endedAt: new Date().toISOString() };
    return (now) => {
      // The usual first one has told nobody that it began: others may have begun since, and counted it all the same.
      const isCounted = now.attempt > now.tries.length;
      const attempt = isCounted ? 1 : now.attempt + 1;
      const ended = { attempt, instance: now.instance, ...times, error };
      const tries = isCounted ? [ended, ...now.tries] : [...now.tries, ended];
      return { ...now, attempt: Math.max(now.attempt, attempt), tries };
    };
  }

  /** Only after what is known here: an older delivery sets nothing back. */
  async #write(change: (now: Running) => Running): Promise<boolean> {
    const { store, follow } = this.#parts;
    for (let looks = 0; ; looks++) {
      const next = change(this.#now);
      const message = {
        subject: this.#subject,
        payload: runningBody(next),
        headers: [
          ...onceAfter(onceId(), this.#place, this.#subject),
          ...stateHeaders(follow, next.attempt),
        ],
      };
      const put = await onceKnown(this.#waiting, () => store.put(message, askMs));
      if (put.is === "stored") {
        this.#now = next;
        this.#place = put.sequence;
        return true;
      }
      if (looks === mostLooks || !(await this.look())) return false;
    }
  }
}

/** Throws where they may not be read: `mesh.yaml` was applied by a version that knew nothing of them. */
export async function checkTries(parts: EventTriesParts, waitMs: number): Promise<void> {
  await parts.store.last(Store.results, subjectOf(parts, "none"), waitMs);
}

/** How an event was tried, as far as it is noted: the last delivery that began. */
export async function readEventTries(
  store: StoreAccess,
  whose: FollowName,
  event: Pick<EventDelivery, "sequence" | "storedAt">,
): Promise<Running | undefined> {
  const found = await store.last(Store.results, subjectOf(whose, eventOf(event)), askMs);
  return found && readRunning(found);
}

function eventOf({ sequence, storedAt }: Pick<EventDelivery, "sequence" | "storedAt">): string {
  return `${sequence} ${storedAt.getTime()}`;
}

function subjectOf({ agent, follow }: FollowName, event: string): string {
  const task = createHash("sha256").update(`${follow} ${event}`).digest("hex").slice(0, 40);
  return resultSubject({ submitter: agent, task, state: triedState, agent });
}
