import { finalState, runningState, Store } from "@myelin/subjects";
import type { MeshError } from "../../errors/index.ts";
import { pause } from "../../pipeline/index.ts";
import {
  asGivenUp,
  isWrittenFor,
  type Running,
  readRunning,
  runningBody,
  stateHeaders,
  withEnd,
  withStop,
  withTry,
} from "../attempts/running.ts";
import type { Put, StoredMessage } from "../stored/answers.ts";
import { onceId } from "../stored/signing.ts";
import type { OutMessage } from "../stored/store.ts";
import { onceAfter, write } from "../stored/writing.ts";
import { generationHeaders, readGeneration } from "../tasks/generation.ts";
import type { KnownTask } from "./known-task.ts";
import type { TaskDelivery } from "./task-delivery.ts";
import type { After, Begun, TurnParts } from "./work-parts.ts";

/** Younger than this no other delivery of it can have begun, in milliseconds: the server waits longer. */
const freshMs = 500;
/** Looks for the final result that refuses a turn, and milliseconds between. */
const mostLooks = 3;
const pauseMs = 100;
/** How often a cancellation comes again while its task is being given up. */
const mostAwaited = 10;

/**
 * An attempt's turn at a task: what it may write, and until when.
 *
 * A turn begins with a writing of the running state, which is refused once there is a final result. What is written
 * later is stored only while that writing is the last one. So an attempt that was taken for dead, and comes back, can
 * write nothing; and one that is delivered after the result has no turn. That there is a result is seen, not concluded
 * from the refusal: the message is acknowledged for it. What was redriven by two at once begins once: there the first
 * writing is refused when another has begun.
 */
export class TaskTurn {
  readonly task: KnownTask;
  readonly #delivery: TaskDelivery;
  readonly #parts: TurnParts;
  /** The running state that a cancellation found, if there was one. */
  before: Running | undefined;
  #now: Running;
  #generation: number;
  /** Whether another message of the same task has begun, which is still in the stream: this one gives way to it. */
  #isSecond = false;
  /** The sequence of its last writing of the running state; 0 before it has begun. */
  #place = 0;
  /** The sequence of an earlier generation's final result. */
  #finalBefore = 0;
  /** Of a cancellation, and of what was redriven and comes first: the sequence of the running state found, 0 for none. */
  #runningBefore: number | undefined;

  constructor(task: KnownTask, delivery: TaskDelivery, parts: TurnParts) {
    this.task = task;
    this.#delivery = delivery;
    this.#parts = parts;
    this.#generation = task.generation;
    const { sequence, deliveries } = delivery;
    const fresh = { attempt: 0, stopped: 0, isEnding: false, tries: [] };
    this.#now = { ...fresh, instance: parts.instance, sequence, delivery: deliveries };
  }

  /** How often the task was redriven before. */
  get generation(): number {
    return this.#generation;
  }

  get hasBegun(): boolean {
    return this.#place > 0;
  }

  /** How many tries of the task have begun, one of this turn included. */
  get attempt(): number {
    return this.#now.attempt;
  }

  /** How many of them count: those that a worker's own end cut short do not. */
  get spent(): number {
    return this.#now.attempt - this.#now.stopped;
  }

  get tries(): Running["tries"] {
    return this.#now.tries;
  }

  /**
   * Looks who had the task before; true when a later delivery of the same message has begun already: this one lay in
   * the buffers of a process that was stopped. Looked up only where it can be: what slips through before it begins
   * takes the task over from the later one, and there is still one result.
   */
  async isLate(): Promise<boolean> {
    const { deliveries, storedAt, sequence } = this.#delivery;
    const { isCancel } = this.task;
    const isFresh = deliveries === 1 && Date.now() - storedAt.getTime() < freshMs;
    if (!isCancel && this.#generation === 0 && isFresh) return false;
    const found = await this.#last(runningState);
    const isFirst = this.#generation > 0 && deliveries === 1;
    if (isFirst || isCancel) this.#runningBefore = found?.sequence ?? 0;
    if (found === undefined) return false;
    const before = readRunning(found);
    if (isCancel) {
      this.before = before;
      // What was redriven meanwhile is meant as well.
      this.#generation = readGeneration(found.head);
    }
    // Of another message of the same task: it was redriven twice, or submitted again after a while. What is submitted
    // again takes the task over when it comes first, and never takes it back: the two would do so for ever.
    if (isCancel || before.sequence !== sequence) {
      const mayTake = this.#generation === 0 && deliveries === 1;
      this.#isSecond = !isCancel && !mayTake && this.#isOthers(found);
      return false;
    }
    const { instance } = this.#parts;
    this.#now = { ...before, isEnding: false, instance, delivery: deliveries };
    return before.delivery >= deliveries;
  }

  /** Takes the task, for another try of it or only to end it. */
  async begin(to: "try" | "end", looks = 1): Promise<Begun> {
    if (this.#isSecond) return "over";
    // Its letter may be on its way: then the final result says that, unless who gives it up has died.
    if (this.before?.isEnding === true && this.#delivery.deliveries < mostAwaited) {
      return (await this.isOver()) ? "over" : "again";
    }
    this.#now = to === "try" ? withTry(this.#now) : { ...this.#now, isEnding: true };
    const last = this.#runningBefore;
    if (last === undefined) return this.#beginUnlessOver();
    // Two operators may have redriven it at once, and two messages of it come.
    if (await this.isOver()) return "over";
    if (await this.#take({ state: runningState, last })) return "begun";
    // A cancellation takes what has begun meanwhile as well.
    if (!this.task.isCancel || looks === mostLooks) return "again";
    await this.isLate();
    return this.begin(to, looks + 1);
  }

  async #beginUnlessOver(): Promise<Begun> {
    for (let looks = 1; ; looks++) {
      if (await this.#take({ state: finalState, last: this.#finalBefore })) return "begun";
      // A result that is still on its way between the servers refuses it too, and may be lost there.
      const final = await this.#last(finalState);
      if (final !== undefined && readGeneration(final.head) >= this.#generation) return "over";
      if (looks === mostLooks) return "again";
      const isNew = final !== undefined && final.sequence > this.#finalBefore;
      if (isNew) this.#finalBefore = final.sequence;
      else await pause(this.#parts.clock, pauseMs);
    }
  }

  async #take(after: After): Promise<boolean> {
    const put = await this.#say(runningState, this.#body(this.#now), after);
    if (put.is === "stored") this.#place = put.sequence;
    return put.is === "stored";
  }

  /** Stores what the handler tells. */
  tell(state: string, payload: string): Promise<Put> {
    return this.#say(state, payload);
  }

  /** Notes how the try ended, where another one or the dead letter comes next. */
  failed({ code }: MeshError): Promise<Put> {
    return this.#note(withEnd(this.#now, code));
  }

  /** The same where it is given up: a cancellation comes too late now. */
  givenUp({ code }: MeshError): Promise<Put> {
    return this.#note(asGivenUp(this.#now, code));
  }

  /** The same where its worker stops in order. */
  stopped(): Promise<Put> {
    return this.#note(withStop(this.#now));
  }

  async #note(next: Running | undefined): Promise<Put> {
    if (next === undefined) return { is: "stored", sequence: 0, duplicate: false };
    const put = await this.#say(runningState, this.#body(next));
    if (put.is === "stored") {
      this.#now = next;
      this.#place = put.sequence;
    }
    return put;
  }

  /** Whether there is a final result. */
  async isOver(waitMs?: number): Promise<boolean> {
    const final = await this.#last(finalState, waitMs);
    return final !== undefined && readGeneration(final.head) >= this.#generation;
  }

  /** Whether another message of the same task has taken it over: this one need not come again. */
  async isReplaced(): Promise<boolean> {
    const running = this.task.isCancel ? undefined : await this.#last(runningState);
    return running !== undefined && this.#isOthers(running);
  }

  /** Whether it may write no more for a cancellation alone: no other attempt has begun. */
  async isCancelled(): Promise<boolean> {
    return isWrittenFor(await this.#last(runningState), this.#delivery);
  }

  /** Whether the last to begin was another message of the same generation, and no cancellation. */
  #isOthers(running: StoredMessage): boolean {
    const { sequence } = readRunning(running);
    const isSame = readGeneration(running.head) === this.#generation;
    return isSame && sequence > 0 && sequence !== this.#delivery.sequence;
  }

  /** A cancellation is no attempt of the task: what was tried stays as it is, and its message is not this one. */
  #body(now: Running): string {
    const noneOf = { ...now, sequence: 0, delivery: 0 };
    return runningBody(this.task.isCancel ? (this.before ?? noneOf) : now);
  }

  #say(state: string, payload: string, after?: After): Promise<Put> {
    const { task } = this;
    const attempt = task.isCancel ? this.before?.attempt : this.#now.attempt;
    const headers = [
      ...stateHeaders(task.operation.skill, Math.max(attempt ?? 1, 1)),
      ...generationHeaders(this.#generation),
    ];
    const message = { subject: task.states(state), payload, headers };
    return after === undefined ? this.finish(message) : this.#put(message, after);
  }

  /** Stores the final result, or what else is its own. What a full store has dropped is written again first. */
  async finish(message: OutMessage): Promise<Put> {
    const put = await this.#put(message, { state: runningState, last: this.#place });
    if (put.is === "stored" || (await this.#last(runningState)) || (await this.isOver()))
      return put;
    if (!(await this.#take({ state: runningState, last: 0 }))) return put;
    return this.#put(message, { state: runningState, last: this.#place });
  }

  #put({ subject, payload, headers }: OutMessage, { state, last }: After): Promise<Put> {
    const { store, clock } = this.#parts;
    const once = onceAfter(onceId(), last, this.task.states(state));
    return write(store, clock, { subject, payload, headers: [...headers, ...once] });
  }

  #last(state: string, waitMs?: number) {
    return this.#parts.store.last(Store.results, this.task.states(state), waitMs);
  }
}
