import { finalState, maxHeaderBytes, runningState, Store } from "@myelin/subjects";
import { isMeshError, MeshCode, MeshError } from "../errors/index.ts";
import { CallSignal } from "../pipeline/index.ts";
import { type EarlyEnd, earlyEnd, expired, spent } from "./attempt-ends.ts";
import { deadLetter } from "./dead.ts";
import type { Delivery } from "./delivery.ts";
import { onceAfter, readAttempt, stateHeaders } from "./documents.ts";
import { execute } from "./execution.ts";
import { answerOf, type FinalParts, failureOf } from "./final.ts";
import { type KnownTask, readTask } from "./known-task.ts";
import { delayAfter, mayPass } from "./retrying.ts";
import { onceId } from "./signing.ts";
import type { Letterbox, Put } from "./store.ts";
import type { WorkParts } from "./work-parts.ts";
import { write } from "./writing.ts";

const nanosecondsPerMs = 1_000_000;
const readMs = 3_000;
/** Younger than this no other delivery of it can have begun, in milliseconds: the server waits longer. */
const freshMs = 500;

/**
 * One delivery of a task, from its claim to its acknowledgement. Every step is safe to repeat.
 *
 * An attempt claims the task by writing to its running state, which is refused once there is a final result. What it
 * writes later is stored only while its claim is the last one. So an attempt that was taken for dead, and comes back,
 * can write nothing; and one that is delivered after the result only acknowledges.
 */
export class Attempt {
  readonly delivery: Delivery;
  readonly #parts: WorkParts;
  readonly #signal: CallSignal;
  #task: KnownTask | undefined;
  /** The sequence of what it said when it began; 0 before. */
  #claim = 0;
  #early: EarlyEnd | undefined;

  constructor(delivery: Delivery, parts: WorkParts) {
    this.delivery = delivery;
    this.#parts = parts;
    this.#signal = new CallSignal(parts.wheel);
  }

  /** The subject of the final result, once the attempt has begun. */
  get finalSubject(): string | undefined {
    return this.#claim === 0 ? undefined : this.#task?.states(finalState);
  }

  /** Ends it, with its message acknowledged or not: resolves in any case. */
  async run(): Promise<void> {
    try {
      await this.#work();
    } catch (error) {
      // The store cannot be reached, or refuses: the message comes again, and every step is looked up first.
      this.#parts.warn(`task ${this.delivery.sequence}: ${MeshError.from(error).message}`);
      if (this.#early === undefined) this.nak(this.#delay(MeshError.from(error)));
    }
  }

  /** Says that it is still being worked on. */
  beat(): void {
    this.#acknowledge("+WPI");
  }

  /** Gives the message back. */
  nak(delayMs: number): void {
    this.#acknowledge(`-NAK ${JSON.stringify({ delay: Math.ceil(delayMs) * nanosecondsPerMs })}`);
  }

  /** Ends it from outside, for a reason that is not the task's own failure. */
  end(early: EarlyEnd): void {
    if (this.#early !== undefined) return;
    this.#early = early;
    this.#signal.end(earlyEnd(early, this.#task?.id));
  }

  async #work(): Promise<void> {
    const { agent, verify, instance } = this.#parts;
    let task: KnownTask;
    try {
      task = readTask(this.delivery, this.#parts);
      this.#task = task;
      await verify?.(this.delivery, { submitter: task.submitter, agent });
    } catch (error) {
      return this.#fail(MeshError.from(error));
    }
    if (await this.#isOld(task)) return;
    const claim = await this.#say(task, runningState, JSON.stringify({ instance }));
    // There is a final result already: the acknowledgement of it was lost, or the task was cancelled.
    if (claim.is === "outdated") return this.#acknowledge("+ACK");
    this.#claim = claim.sequence;
    if (this.#early !== undefined) return this.#left();
    return task.isCancel ? this.#cancel(task) : this.#attempt(task);
  }

  /**
   * Whether a later delivery has begun already: this one lay in the buffers of a process that was stopped.
   *
   * Looked up only where it can be. What slips through between the look and the claim takes the task over from the
   * later one, and there is still one result.
   */
  async #isOld({ isCancel, states }: KnownTask): Promise<boolean> {
    const { deliveries, storedAt } = this.delivery;
    const ageMs = Date.now() - storedAt.getTime();
    if (isCancel || (deliveries === 1 && ageMs < freshMs)) return false;
    const running = await this.#parts.store.last(Store.results, states(runningState), readMs);
    return running !== undefined && readAttempt(running.head) >= deliveries;
  }

  async #attempt(task: KnownTask): Promise<void> {
    const { deliveries } = this.delivery;
    const { attempts } = this.#parts.config;
    if (deliveries > attempts) return this.#giveUp(spent(task, attempts));
    const leftMs = this.#leftMs(task);
    if (leftMs <= 0) return this.#giveUp(expired(task));
    let answer: Letterbox;
    try {
      const output = await execute(task, {
        ...{ parts: this.#parts, signal: this.#signal, leftMs, attempt: deliveries },
        payload: this.delivery.message.payload,
        tell: (state, value) => this.#tell(task, state, value),
      });
      answer = answerOf(output, this.#finalParts(task));
    } catch (error) {
      return this.#early === undefined ? this.#fail(MeshError.from(error)) : this.#left();
    }
    return this.#finish(task, answer);
  }

  /** It failed: again after a while, or for good. */
  async #fail(error: MeshError): Promise<void> {
    const { deliveries } = this.delivery;
    const delay = this.#delay(error);
    const task = this.#task;
    const isLate = task !== undefined && this.#leftMs(task) <= delay;
    if (mayPass(error) && deliveries < this.#parts.config.attempts && !isLate) {
      return this.nak(delay);
    }
    if (error.code !== MeshCode.DomainError || task === undefined) return this.#giveUp(error);
    // An error that the skill declares is an answer, not a failure.
    return this.#finish(task, failureOf(error, this.#finalParts(task)));
  }

  /** Dead letter, final result, end of the message: each is stored before the next. */
  async #giveUp(error: MeshError): Promise<void> {
    const { agent, instance, store, clock, signer } = this.#parts;
    const { deliveries: attempts } = this.delivery;
    const given = { agent, instance, error, attempts, signer: signer() };
    const most = this.#parts.link.maxPayload - maxHeaderBytes;
    await write(store, clock, deadLetter(this.delivery, given, most));
    const task = this.#task;
    // An order to cancel has no result of its own.
    if (task !== undefined && !task.isCancel) {
      const put = await this.#put(task, failureOf(error, this.#finalParts(task)));
      if (put.is === "outdated") return this.#left();
    }
    this.#acknowledge(`+TERM ${error.code}`);
  }

  async #cancel(task: KnownTask): Promise<void> {
    const error = new MeshError(MeshCode.Cancelled, `${task.submitter} cancelled task ${task.id}`);
    const put = await this.#put(task, failureOf(error, this.#finalParts(task)));
    // Another attempt has begun in between: again, until one of the two has written.
    if (put.is === "outdated") return this.nak(retryCancelMs);
    this.#parts.onCancelled(task.states(finalState));
    this.#acknowledge("+ACK");
  }

  async #finish(task: KnownTask, final: Letterbox): Promise<void> {
    let put: Put;
    try {
      put = await this.#put(task, final);
    } catch (error) {
      // Written again it would be as large.
      if (isMeshError(error, MeshCode.PayloadTooLarge)) return this.#giveUp(error);
      throw error;
    }
    return put.is === "stored" ? this.#acknowledge("+ACK") : this.#left();
  }

  /** What is left to do for an attempt that may not write: nothing, or to acknowledge what is over. */
  async #left(): Promise<void> {
    if (this.#early === "superseded") return;
    const final = this.#task?.states(finalState);
    const { store } = this.#parts;
    const isOver =
      final !== undefined && (await store.last(Store.results, final, readMs)) !== undefined;
    if (isOver) return this.#acknowledge("+ACK");
    if (this.#early === "stopping") this.nak(0);
  }

  async #tell(task: KnownTask, state: string, value: unknown): Promise<void> {
    this.#signal.throwIfEnded();
    const put = await this.#say(task, state, JSON.stringify(value) ?? "");
    if (put.is === "outdated") this.end("superseded");
    this.#signal.throwIfEnded();
  }

  #say(task: KnownTask, state: string, payload: string): Promise<Put> {
    // An order to cancel is no attempt of the task.
    const attempt = task.isCancel ? 1 : this.delivery.deliveries;
    const headers = stateHeaders(task.operation.skill, attempt);
    return this.#put(task, { subject: task.states(state), payload, headers });
  }

  /** Without a claim only where there is no final result; with it only while no other claim came after. */
  #put(task: KnownTask, { subject, payload, headers }: Letterbox): Promise<Put> {
    const { store, clock } = this.#parts;
    const guard = task.states(this.#claim === 0 ? finalState : runningState);
    const condition = onceAfter(onceId(), this.#claim, guard);
    return write(store, clock, { subject, payload, headers: [...headers, ...condition] });
  }

  #finalParts(task: KnownTask): FinalParts {
    return { task, attempt: this.delivery.deliveries, signer: this.#parts.signer() };
  }

  #leftMs({ head }: KnownTask): number {
    const { timeoutMs } = head;
    if (timeoutMs === undefined) return this.#parts.config.attemptMs;
    return this.delivery.storedAt.getTime() + timeoutMs - Date.now();
  }

  #delay(error: MeshError): number {
    const { config, random } = this.#parts;
    // What the handler asked elsewhere may have said when to come again.
    const told = error.cause instanceof MeshError ? error.cause : error;
    return delayAfter(this.delivery.deliveries, told, config, random);
  }

  #acknowledge(word: string): void {
    const { link } = this.#parts;
    try {
      link.publish(this.delivery.message.reply, word, { mayWait: true });
    } catch {
      // The link is down: the message comes again, and is looked up first.
    }
  }
}

const retryCancelMs = 200;
