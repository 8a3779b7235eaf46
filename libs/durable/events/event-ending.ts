import type { MeshError } from "../../errors/index.ts";
import { inTime } from "../../pipeline/index.ts";
import { delayAfter, mayPass, untilStore } from "../attempts/retrying.ts";
import { isLastTry, spentOf } from "../attempts/tried.ts";
import { bury, type Dead } from "../dead/dead.ts";
import { acknowledge, Word } from "../stored/acknowledging.ts";
import type { Waiting } from "../stored/known.ts";
import { deadEvent, isBuried } from "./dead-event.ts";
import { type EventDelivery, type EventMove, originalOf } from "./event-delivery.ts";
import { saidFinal } from "./event-ends.ts";
import { EventTries } from "./event-tries.ts";
import type { FollowParts } from "./follow-parts.ts";

/** How long who stops takes to say so, in milliseconds. */
const leaveMs = 1_000;

/** How one delivery of an event ends that was not simply handled: what is stored, and what the server hears then. */
export class EventEnding {
  readonly tries: EventTries;
  /** Why it comes, once that is believed. */
  move: EventMove | undefined;
  readonly #delivery: EventDelivery;
  readonly #parts: FollowParts;

  constructor(delivery: EventDelivery, parts: FollowParts, waiting: Waiting) {
    this.#delivery = delivery;
    this.#parts = parts;
    this.tries = new EventTries(delivery, parts, waiting);
  }

  /** Whether it was given up before. */
  isBuried(): Promise<boolean> {
    return isBuried(this.#parts.store, this.#dead());
  }

  /** It failed: again after a while, or for good; answers whether for good. `begunAt`: when its handler began, if it did. */
  async fail(error: MeshError, begunAt: number | undefined): Promise<boolean> {
    const { tries } = this;
    const { deliveries } = this.#delivery;
    // A later delivery is at work: the message is its to acknowledge.
    if (begunAt !== undefined && !(await tries.end(begunAt, error.code))) return false;
    const isLast = isLastTry({ tried: tries, delivery: this.#delivery }, this.#parts);
    const final = saidFinal(error);
    if (mayPass(error) && final === undefined && !isLast) {
      this.#say(Word.again(this.#delay(error)));
      return false;
    }
    await this.giveUp(final ?? error, tries.hasBegun ? tries.attempt : deliveries);
    return true;
  }

  /** Dead letter, then the end of the message: the one is stored before the other. */
  async giveUp(error: MeshError, attempts: number): Promise<void> {
    const { instance, signer } = this.#parts;
    const { tries } = this.tries;
    await bury(this.#parts, this.#dead(), { instance, error, attempts, tries, signer: signer() });
    this.#say(Word.givenUp(error.code));
  }

  /** Its follower stops: another one handles it, and what came of this delivery does not count. */
  async leave(begunAt: number | undefined): Promise<void> {
    const { tries } = this;
    const isTold = begunAt !== undefined || this.#delivery.deliveries === 1;
    // Where it cannot be said it counts.
    if (isTold) await inTime(this.#parts.clock, leaveMs, tries.stop(begunAt)).catch(() => {});
    this.#say(Word.again(0));
  }

  /** The store cannot be reached, or refuses: the message comes again. */
  comesAgain(trouble: MeshError): void {
    const delay = untilStore(this.#delay(trouble), this.#delivery, this.#parts.config);
    this.#say(Word.again(delay));
  }

  #dead(): Dead {
    const { move } = this;
    return deadEvent(this.#parts, move?.original ?? originalOf(this.#delivery), move);
  }

  #delay(error: MeshError): number {
    return delayAfter(spentOf(this.tries, this.#delivery), error, this.#parts);
  }

  #say(word: string): void {
    acknowledge(this.#parts.link, this.#delivery, word);
  }
}
