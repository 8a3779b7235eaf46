import { createHash } from "node:crypto";
import { resultSubject, Store, StoreHeader, triedState } from "@myelin/subjects";
import { MeshCode } from "../../errors/index.ts";
import type { Clock } from "../../pipeline/index.ts";
import { onceId } from "../stored/signing.ts";
import type { StoreAccess } from "../stored/store.ts";
import { write } from "../stored/writing.ts";
import { stateHeaders } from "../tasks/documents.ts";
import { type Running, readRunning, runningBody, withEnd, withTry } from "../work/running.ts";
import type { Following } from "./dead-event.ts";
import type { EventDelivery } from "./event-delivery.ts";

export interface EventTriesParts extends Following {
  readonly instance: string;
  readonly store: StoreAccess;
  readonly clock: Clock;
}

/**
 * How one event was tried by all instances of a subscription; in the store, where its first delivery is not all.
 *
 * The server counts what it delivered, also what lay in the buffers of a follower that died of another event: by that
 * alone good events would end in the dead letters untried. What a first delivery came to, where its follower died,
 * nobody knows: it counts as a try.
 */
export class EventTries {
  readonly #parts: EventTriesParts;
  readonly #subject: string;
  #now: Running;
  #hasBegun = false;

  constructor(
    { sequence, stored, deliveries }: Pick<EventDelivery, "sequence" | "stored" | "deliveries">,
    parts: EventTriesParts,
  ) {
    this.#parts = parts;
    const { instance } = parts;
    this.#subject = subjectOf(parts, `${sequence} ${stored}`);
    const fresh = { stopped: 0, isEnding: false, tries: [] };
    const attempt = deliveries > 1 ? 1 : 0;
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

  /** The last ones, oldest first. */
  get tries(): Running["tries"] {
    return this.#now.tries;
  }

  /** Looks up what others have tried. */
  async look(): Promise<void> {
    const { store, instance } = this.#parts;
    const found = await store.last(Store.results, this.#subject);
    if (found === undefined) return;
    const { sequence, delivery } = this.#now;
    this.#now = { ...readRunning(found), instance, sequence, delivery };
  }

  /** One begins, or began then; nobody else knows of it before it is saved. */
  begin(at = new Date()): void {
    this.#now = withTry(this.#now, at);
    this.#hasBegun = true;
  }

  /** It has failed. */
  end(error: MeshCode): void {
    this.#now = withEnd(this.#now, error) ?? this.#now;
  }

  /** Its follower stops in order. */
  stop(): void {
    this.end(MeshCode.Draining);
    this.#now = { ...this.#now, stopped: this.#now.stopped + 1 };
  }

  async save(): Promise<void> {
    const { store, clock, follow } = this.#parts;
    const headers = [
      [StoreHeader.id, onceId()] as const,
      ...stateHeaders(follow, this.#now.attempt),
    ];
    await write(store, clock, { subject: this.#subject, payload: runningBody(this.#now), headers });
  }
}

/** Throws where they may not be read: `mesh.yaml` was applied by a version that knew nothing of them. */
export async function checkTries(parts: EventTriesParts, waitMs: number): Promise<void> {
  await parts.store.last(Store.results, subjectOf(parts, "none"), waitMs);
}

function subjectOf({ agent, follow }: Following, event: string): string {
  const task = createHash("sha256").update(`${follow} ${event}`).digest("hex").slice(0, 40);
  return resultSubject({ submitter: agent, task, state: triedState, agent });
}
