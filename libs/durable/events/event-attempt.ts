import { MeshError } from "../../errors/index.ts";
import { CallSignal, pause } from "../../pipeline/index.ts";
import { acknowledge, Word } from "../stored/acknowledging.ts";
import type { Waiting } from "../stored/known.ts";
import { isSuspect } from "../work/alone.ts";
import { type EarlyEnd, earlyEnd } from "../work/attempt-ends.ts";
import { type EventDelivery, keyOf, type ReadEvent, readEvent } from "./event-delivery.ts";
import { EventEnding } from "./event-ending.ts";
import { hopeless, unhandled } from "./event-ends.ts";
import { checkSigned, handleEvent, readBelieved } from "./event-handling.ts";
import type { EventWork } from "./event-work.ts";
import type { FollowParts } from "./follow-parts.ts";

/** How often one looks whose twin is being handled, in milliseconds. */
const twinMs = 200;

/**
 * One delivery of an event, from its reading to its acknowledgement.
 *
 * At least once: it is acknowledged when it has been handled, so one whose follower dies before comes again. What was
 * handled here is remembered, so what is only acknowledged late, or was published twice, is not handled twice here.
 */
export class EventAttempt {
  readonly delivery: EventDelivery;
  readonly #parts: FollowParts;
  readonly #signal: CallSignal;
  #early: EarlyEnd | undefined;
  #begunAt: number | undefined;
  /** Undefined for most: they are handled, and that is all. */
  #unusual: EventEnding | undefined;

  constructor(delivery: EventDelivery, parts: FollowParts) {
    this.delivery = delivery;
    this.#parts = parts;
    this.#signal = new CallSignal(parts.wheel);
  }

  /** Ends it, with its message acknowledged or not: resolves in any case. */
  run(): Promise<void> {
    const { works, verify, seen, inHand } = this.#parts;
    const { message, address, deliveries } = this.delivery;
    const { subject } = message;
    const work = works.get(subject);
    const isUsual = work !== undefined && address !== undefined && deliveries === 1;
    if (!isUsual || (work.kind.signed && verify !== undefined)) return this.#carefully();
    // The usual case waits for the handler alone: a step more costs each event as much as its reading.
    let event: ReadEvent;
    try {
      event = readEvent(this.delivery);
    } catch {
      return this.#carefully();
    }
    const { id } = event.cloud;
    if (seen.has(subject, id) || inHand.has(subject, id)) return this.#carefully();
    inHand.add(subject, id);
    return this.#serve(work, event).then(
      () => this.#handled(subject, id),
      (error: unknown) => this.#failed(MeshError.from(error), subject, id),
    );
  }

  /** Says that it is still being worked on. */
  beat(): void {
    this.#say(Word.working);
  }

  get #ending(): EventEnding {
    this.#unusual ??= new EventEnding(this.delivery, this.#parts);
    return this.#unusual;
  }

  /** Gives back what has not begun: resolves in any case. */
  giveBack(): Promise<void> {
    return this.#ending.leave();
  }

  /** Ends it from outside, for a reason that is not the event's own failure. */
  end(early: EarlyEnd): void {
    if (this.#early !== undefined) return;
    this.#early = early;
    this.#signal.end(earlyEnd(early, this.#what()));
  }

  /** With everything that may have to be looked up before. */
  async #carefully(): Promise<void> {
    try {
      let event: ReadEvent;
      try {
        event = await readBelieved(this.delivery, this.#parts, this.#waiting);
      } catch (error) {
        // Of a move that nobody believes, the message that claims it dies: never the event that it names.
        return void (await this.#fail(MeshError.from(error)));
      }
      this.#ending.move = event.move;
      await this.#meet(event);
    } catch (error) {
      this.#comesAgain(MeshError.from(error));
    }
  }

  /** Handles it, unless it was before. */
  async #meet(event: ReadEvent): Promise<void> {
    const { seen, inHand, works, config, alone } = this.#parts;
    const { message, deliveries } = this.delivery;
    const subject = event.move?.original.subject ?? message.subject;
    const id = keyOf(event, this.delivery);
    if (seen.has(subject, id)) return this.#say(Word.done);
    // Each return would count as a delivery, and too many of those as an event that kills its followers.
    while (inHand.has(subject, id)) {
      if (this.#early !== undefined) return this.#leave();
      await pause(this.#parts.clock, twinMs);
      if (seen.has(subject, id)) return this.#say(Word.done);
    }
    inHand.add(subject, id);
    try {
      const work = works.get(subject);
      const isNamed = work !== undefined || event.move !== undefined;
      if (!isNamed && (await this.#parts.isBeside(subject))) return this.#say(Word.done);
      // What was given up comes again where its consumer was made anew.
      if (deliveries > 1 && (await this.#ending.isBuried())) return this.#say(Word.done);
      const { tries } = this.#ending;
      if (deliveries > 1) await tries.look();
      const why = hopeless(tries, this.delivery, this.#parts);
      if (why !== undefined) return await this.#ending.giveUp(why, tries.attempt);
      if (work === undefined)
        return await this.#failed(unhandled(event.address, this.#parts), subject, id);
      const handle = (): Promise<void> => this.#handle(work, event, subject, id);
      return await (isSuspect(tries, config) ? alone.run(this.#signal, handle) : handle());
    } finally {
      inHand.delete(subject, id);
    }
  }

  async #handle(work: EventWork, event: ReadEvent, subject: string, id: string): Promise<void> {
    const { verify } = this.#parts;
    const isSigned = work.kind.signed && verify !== undefined;
    const doubt =
      isSigned && (await failure(checkSigned(this.delivery, event, verify, this.#waiting)));
    if (doubt) return this.#failed(doubt, subject, id);
    // It may have waited until it was alone.
    if (this.#early !== undefined) return this.#leave();
    if (this.delivery.deliveries > 1) {
      const { tries } = this.#ending;
      tries.begin();
      await tries.save();
    }
    const error = await failure(this.#serve(work, event));
    if (error === undefined) this.#handled(subject, id);
    else await this.#failed(error, subject, id);
  }

  get #waiting(): Waiting {
    const { clock, warn } = this.#parts;
    return { clock, warn, isOver: () => this.#early !== undefined };
  }

  #serve(work: EventWork, event: ReadEvent): Promise<unknown> {
    const { delivery } = this;
    const attempt = delivery.deliveries === 1 ? 1 : this.#ending.tries.attempt;
    this.#begunAt = Date.now();
    return handleEvent(work, event, { delivery, attempt, signal: this.#signal }, this.#parts);
  }

  #handled(subject: string, id: string): void {
    const { seen, inHand } = this.#parts;
    this.#signal.settle();
    seen.add(subject, id);
    inHand.delete(subject, id);
    this.#say(Word.done);
  }

  async #failed(error: MeshError, subject: string, id: string): Promise<void> {
    const { seen, inHand } = this.#parts;
    this.#signal.settle();
    try {
      if (await this.#fail(error)) seen.add(subject, id);
    } catch (trouble) {
      this.#comesAgain(MeshError.from(trouble));
    } finally {
      inHand.delete(subject, id);
    }
  }

  /** The store cannot be reached, or refuses. */
  #comesAgain(trouble: MeshError): void {
    this.#parts.warn(`${this.#what()}: ${trouble.message}`);
    if (this.#early === undefined) this.#ending.comesAgain(trouble);
  }

  /** It failed; answers whether for good. */
  async #fail(error: MeshError): Promise<boolean> {
    const { tries } = this.#ending;
    // The usual first one has told nobody that it began.
    if (!tries.hasBegun && this.#begunAt !== undefined) tries.begin(new Date(this.#begunAt));
    if (this.#early === undefined) return this.#ending.fail(error);
    await this.#leave();
    return false;
  }

  /** It was ended from outside. */
  async #leave(): Promise<void> {
    if (this.#early !== "superseded") await this.#ending.leave();
  }

  #say(word: string): void {
    acknowledge(this.#parts.link, this.delivery, word);
  }

  #what(): string {
    return `event ${this.delivery.sequence} of ${this.#parts.follow}`;
  }
}

/** Why it failed; undefined where it did not. */
function failure(work: Promise<unknown>): Promise<MeshError | undefined> {
  return work.then(
    () => undefined,
    (thrown: unknown) => MeshError.from(thrown),
  );
}
