import { finalState } from "@myelin/subjects";
import { MeshError } from "../../errors/index.ts";
import { CallSignal } from "../../pipeline/index.ts";
import { aloneKey, isSuspect, type Ran } from "../attempts/alone.ts";
import { type EarlyEnd, earlyEnd } from "../attempts/early-end.ts";
import { delayAfter, mayPass, untilStore } from "../attempts/retrying.ts";
import { deathsOf } from "../attempts/running.ts";
import { isLastTry, spentOf } from "../attempts/tried.ts";
import { acknowledge, Word } from "../stored/acknowledging.ts";
import type { OutMessage } from "../stored/store.ts";
import { answerOf } from "../tasks/final.ts";
import { fitResult } from "../tasks/result-body.ts";
import { type Ended, Ending, finalParts, takenOver } from "./ending.ts";
import { execute } from "./execution.ts";
import { hopeless, leftMs, mostTriesFor } from "./hopeless.ts";
import { judgeTask } from "./judging.ts";
import type { HeldKey } from "./keys.ts";
import type { TaskDelivery } from "./task-delivery.ts";
import { TaskTurn } from "./turn.ts";
import type { WorkParts } from "./work-parts.ts";

const retryMs = 200;
const lookMs = 1_500;

/**
 * One delivery of a task, from its turn to its acknowledgement. Every step is safe to repeat.
 *
 * What it may write is its turn's to say (`TaskTurn`). Where the task has a key, the turn begins once nobody else has it;
 * until then nothing is attempted and nothing counted.
 */
export class Attempt {
  readonly delivery: TaskDelivery;
  /** What it waits for, where it is parked. */
  waitsFor: string | undefined;
  readonly #parts: WorkParts;
  readonly #signal: CallSignal;
  /** Undefined until it is known whose task it is. */
  #turn: TaskTurn | undefined;
  #held: HeldKey | undefined;
  /** The end of its handler. */
  #handler: Promise<unknown> = Promise.resolve();
  #wasParked = false;
  #early: EarlyEnd | undefined;

  constructor(delivery: TaskDelivery, parts: WorkParts) {
    this.delivery = delivery;
    this.#parts = parts;
    this.#signal = new CallSignal(parts.wheel);
  }

  /** The subject of the final result, once it is known whose task it is. */
  get finalSubject(): string | undefined {
    return this.#turn?.task.states(finalState);
  }

  /** What it keeps others waiting for. */
  get key(): string | undefined {
    return this.#turn?.task.key;
  }

  /** How many of its tries nobody saw end. */
  get deaths(): number {
    return this.#turn === undefined ? 0 : deathsOf(this.#turn);
  }

  /** Ends it, with its message acknowledged or not, or leaves it parked, to be run again: resolves in any case. */
  async run(): Promise<Ran> {
    try {
      return await this.#work();
    } catch (error) {
      // The store cannot be reached, or refuses: the message comes again, and every step is looked up first.
      this.#parts.warn(`task ${this.delivery.sequence}: ${MeshError.from(error).message}`);
      const delay = this.#delay(MeshError.from(error));
      if (this.#early === undefined) this.nak(untilStore(delay, this.delivery, this.#parts.config));
      return "ended";
    } finally {
      await this.#held?.release(this.#handler);
      this.#held = undefined;
    }
  }

  /** Says that it is still being worked on. */
  beat(): void {
    this.#say(Word.working);
    void this.#held?.keep();
  }

  /** Gives the message back. */
  nak(delayMs: number): void {
    this.#say(Word.again(delayMs));
  }

  /** Ends it from outside, for a reason that is not the task's own failure. */
  end(early: EarlyEnd): void {
    if (this.#early !== undefined) return;
    this.#early = early;
    this.#signal.end(earlyEnd(early, this.#turn?.task.id ?? "the task"));
  }

  /** Looks whether the task is over, by the hand of another: cancelled, or done by an attempt that was taken for dead. */
  async look(): Promise<void> {
    const turn = this.#turn;
    if (turn?.hasBegun !== true || turn.task.isCancel) return;
    try {
      if (await turn.isOver(lookMs)) this.end("cancelled");
    } catch {
      // Looked at again with the next beat.
    }
  }

  async #work(): Promise<Ran> {
    if (this.#turn === undefined) {
      const isOver = (): boolean => this.#early !== undefined;
      const { task, error } = await judgeTask(this.delivery, this.#parts, isOver);
      if (task !== undefined) this.#turn = new TaskTurn(task, this.delivery, this.#parts);
      if (error !== undefined) {
        if (!isOver()) await this.#fail(error);
        else if (this.#early !== "superseded") this.nak(0);
        return "ended";
      }
    }
    const turn = this.#turn;
    // A later delivery is at work: the message is its to acknowledge.
    if (turn === undefined || (await turn.isLate())) return "ended";
    const why = hopeless(turn, this.delivery, this.#parts);
    const { alone, config } = this.#parts;
    if (why !== undefined || !isSuspect(this.deaths, config)) return this.#try(turn, why);
    if (!alone.enter(this)) return this.#park(turn, aloneKey);
    try {
      return await this.#try(turn, why);
    } finally {
      alone.leave(this);
    }
  }

  async #try(turn: TaskTurn, why: MeshError | undefined): Promise<Ran> {
    if (why === undefined && !(await this.#takeKey(turn))) return this.#park(turn, turn.task.key);
    const begun = await turn.begin(why === undefined && !turn.task.isCancel ? "try" : "end");
    if (begun !== "begun") await this.#conclude(begun === "over" ? "done" : "again");
    else if (this.#early !== undefined) await this.#left(turn);
    else if (turn.task.isCancel) await this.#cancel(turn);
    else if (why !== undefined) await this.#conclude(await this.#ending.giveUp(why));
    else await this.#attempt(turn);
    return "ended";
  }

  /** Whether nobody else has its key, if it has one. */
  async #takeKey({ task }: TaskTurn): Promise<boolean> {
    if (task.key === undefined || task.isCancel) return true;
    this.#held = await this.#parts.keys.take(task.key, task, this.delivery);
    return this.#held !== undefined;
  }

  /** Somebody else has its key; where it was cancelled meanwhile it waits no longer. */
  async #park(turn: TaskTurn, waitsFor: string | undefined): Promise<Ran> {
    if (await turn.isOver()) {
      this.#say(Word.done);
      return "ended";
    }
    if (!this.#wasParked) this.#parts.metrics.task(turn.task.operation).parked++;
    this.#wasParked = true;
    this.waitsFor = waitsFor;
    return "parked";
  }

  async #attempt(turn: TaskTurn): Promise<void> {
    const left = leftMs(turn.task, this.delivery, this.#parts.config);
    let answer: OutMessage;
    try {
      const output = await execute(turn.task, {
        ...{ parts: this.#parts, signal: this.#signal, leftMs: left, attempt: turn.attempt },
        payload: this.delivery.message.payload,
        storedAt: this.delivery.storedAt,
        onHandler: (ended) => {
          this.#handler = ended;
        },
        tell: (state, value) => this.#tell(turn, state, value),
      });
      answer = await answerOf(
        output,
        finalParts(turn, this.#parts),
        fitResult(turn.task, this.#parts, this.#signal),
      );
    } catch (error) {
      return this.#early === undefined ? this.#fail(MeshError.from(error)) : this.#left(turn);
    }
    return this.#conclude(await this.#ending.finish(turn, answer));
  }

  /** It failed: again after a while, or for good. */
  async #fail(error: MeshError): Promise<void> {
    const turn = this.#turn;
    const { config } = this.#parts;
    const delay = this.#delay(error);
    const isLate = turn !== undefined && leftMs(turn.task, this.delivery, config) <= delay;
    const mostTries = mostTriesFor(turn, error, config);
    const isLast = isLastTry({ tried: turn, delivery: this.delivery, mostTries }, this.#parts);
    if (mayPass(error) && !isLast && !isLate) {
      if (turn?.hasBegun === true && (await turn.failed(error)).is === "outdated") {
        return this.#left(turn);
      }
      return this.nak(delay);
    }
    return this.#conclude(await this.#ending.fail(error));
  }

  async #cancel(turn: TaskTurn): Promise<void> {
    const ended = await this.#ending.cancel(turn);
    if (ended === "done") this.#parts.onCancelled(turn.task.states(finalState));
    return this.#conclude(ended);
  }

  /** Says to the server how it ended. */
  async #conclude(ended: Ended): Promise<void> {
    if (ended === "done") this.#say(Word.done);
    else if (ended === "again") this.nak(retryMs);
    else if (ended !== "outdated") this.#say(Word.givenUp(ended.gaveUp));
    else if (this.#turn !== undefined) await this.#left(this.#turn);
  }

  /** What is left to do for an attempt that may not write: nothing, or to acknowledge what is over. */
  async #left(turn: TaskTurn): Promise<void> {
    const isReplaced = this.#early === undefined || this.#early === "superseded";
    if (isReplaced && turn.hasBegun) this.#parts.warn(takenOver(turn.task));
    if (this.#early === "superseded") return;
    if ((await turn.isOver()) || (await turn.isReplaced())) return this.#say(Word.done);
    if (this.#early === "stopping" && turn.hasBegun) await turn.stopped();
    // Of what was cancelled the final result is on its way.
    if (this.#early !== undefined) this.nak(this.#early === "stopping" ? 0 : retryMs);
  }

  async #tell(turn: TaskTurn, state: string, value: unknown): Promise<void> {
    this.#signal.throwIfEnded();
    const put = await turn.tell(state, JSON.stringify(value) ?? "");
    if (put.is === "outdated") this.end((await turn.isCancelled()) ? "cancelled" : "superseded");
    this.#signal.throwIfEnded();
  }

  get #ending(): Ending {
    return new Ending(this.#parts, this.delivery, this.#turn);
  }

  #delay(error: MeshError): number {
    return delayAfter(spentOf(this.#turn, this.delivery), error, this.#parts);
  }

  #say(word: string): void {
    acknowledge(this.#parts.link, this.delivery, word);
  }
}
