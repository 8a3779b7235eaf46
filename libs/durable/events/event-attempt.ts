import { MeshError } from "../../errors/index.ts";
import { CallSignal, pause } from "../../pipeline/index.ts";
import { aloneKey, isSuspect, type Ran } from "../attempts/alone.ts";
import { type EarlyEnd, earlyEnd } from "../attempts/early-end.ts";
import type { Parkable } from "../attempts/parking.ts";
import { triesLeft, whySpent } from "../attempts/tried.ts";
import { acknowledge, Word } from "../stored/acknowledging.ts";
import type { Waiting } from "../stored/known.ts";
import { type EventDelivery, keyOf, type ReadEvent, readEvent } from "./event-delivery.ts";
import { EventEnding } from "./event-ending.ts";
import { unhandled } from "./event-ends.ts";
import { checkSigned, failure, handleEvent, readBelieved } from "./event-handling.ts";
import type { EventWork } from "./event-work.ts";
import type { FollowParts } from "./follow-parts.ts";
import type { EventName } from "./seen.ts";

/** How often one looks whose twin is being handled, in milliseconds. */
const twinMs = 200;

/**
 * One delivery of an event, from its reading to its acknowledgement.
 *
 * At least once: it is acknowledged when it has been handled, so one whose follower dies before comes again. What was
 * handled here is remembered, so what is only acknowledged late, or was published twice, is not handled twice here.
 */
export class EventAttempt implements Parkable {
  readonly delivery: EventDelivery;
  /** When the server last heard that it is worked on. */
  beatAt: number;
  /** Where it is parked it waits until it is alone. */
  readonly waitsFor = aloneKey;
  readonly #parts: FollowParts;
  readonly #signal: CallSignal;
  #early: EarlyEnd | undefined;
  #begunAt: number | undefined;
  /** Undefined for most: they are handled, and that is all. */
  #unusual: EventEnding | undefined;

  constructor(delivery: EventDelivery, parts: FollowParts, now: number) {
    this.delivery = delivery;
    this.beatAt = now;
    this.#parts = parts;
    this.#signal = new CallSignal(parts.wheel);
  }

  /** How many of its tries nobody saw end. */
  get deaths(): number {
    return this.#unusual?.tries.deaths ?? 0;
  }

  /** Ends it, with its message acknowledged or not, or leaves it parked, to be run again: resolves in any case. */
  run(): Promise<Ran> {
    const { works, verify, seen, inHand, config } = this.#parts;
    const { message, address, deliveries } = this.delivery;
    const { subject } = message;
    const work = works.get(subject);
    const isUsual = work !== undefined && address !== undefined && deliveries === 1;
    const isSigned = work?.kind.signed === true && verify !== undefined;
    if (!isUsual || isSigned || config.attempts === 1) return this.#carefully();
    // The usual case waits for the handler alone: a step more costs each event as much as its reading.
    let event: ReadEvent;
    try {
      event = readEvent(this.delivery);
    } catch {
      return this.#carefully();
    }
    const name = { subject, id: event.cloud.id };
    if (seen.has(name) || inHand.has(name)) return this.#carefully();
    inHand.add(name);
    return this.#serve(work, event).then(
      () => this.#handled(name),
      (error: unknown) => this.#failed(MeshError.from(error), name),
    );
  }

  /** Says that it is still being worked on. */
  beat(): void {
    this.#say(Word.working);
  }

  /** Gives back what has not begun: resolves in any case. */
  async giveBack(): Promise<void> {
    await this.#ending.leave(this.#begunAt);
  }

  /** Ends it from outside, for a reason that is not the event's own failure. */
  end(early: EarlyEnd): void {
    if (this.#early !== undefined) return;
    this.#early = early;
    this.#signal.end(earlyEnd(early, this.#what()));
  }

  /** With everything that may have to be looked up before. */
  async #carefully(): Promise<Ran> {
    try {
      let event: ReadEvent;
      try {
        event = await readBelieved(this.delivery, this.#parts, this.#waiting);
      } catch (error) {
        // Of a move that nobody believes, the message that claims it dies: never the event that it names.
        await this.#fail(MeshError.from(error));
        return "ended";
      }
      this.#ending.move = event.move;
      return await this.#meet(event);
    } catch (error) {
      return this.#comesAgain(MeshError.from(error));
    }
  }

  /** Handles it, unless it was before. */
  async #meet(event: ReadEvent): Promise<Ran> {
    const { seen, inHand } = this.#parts;
    const subject = event.move?.original.subject ?? this.delivery.message.subject;
    const name = { subject, id: keyOf(event, this.delivery) };
    if (seen.has(name)) return this.#done();
    // Each return would count as a delivery, and too many of those as an event that kills its followers.
    while (inHand.has(name)) {
      if (this.#early !== undefined) return this.#leave();
      await pause(this.#parts.clock, twinMs);
      if (seen.has(name)) return this.#done();
    }
    inHand.add(name);
    try {
      return await this.#judge(event, name);
    } finally {
      inHand.delete(name);
    }
  }

  /** Looks what became of it before, and whether it may be tried. */
  async #judge(event: ReadEvent, name: EventName): Promise<Ran> {
    const { works, config, alone } = this.#parts;
    const work = works.get(name.subject);
    const isNamed = work !== undefined || event.move !== undefined;
    if (!isNamed && (await this.#parts.isBeside(name.subject))) return this.#done();
    const { tries } = this.#ending;
    if (this.delivery.deliveries > 1) {
      // What was given up comes again where its consumer was made anew.
      if (await this.#ending.isBuried()) return this.#done();
      // A later delivery is at work: the message is its to acknowledge.
      if (!(await tries.look())) return "ended";
    }
    if (this.#early !== undefined) return this.#leave();
    const left = triesLeft(this.delivery, this.#parts);
    const why = whySpent({ what: this.#what(), tried: tries, left }, config);
    if (why !== undefined) {
      await this.#ending.giveUp(why, tries.attempt);
      return "ended";
    }
    if (work === undefined) return this.#failed(unhandled(event.address, this.#parts), name);
    if (!isSuspect(tries.deaths, config)) return this.#try(work, event, name);
    if (!alone.enter(this)) return "parked";
    try {
      return await this.#try(work, event, name);
    } finally {
      alone.leave(this);
    }
  }

  async #try(work: EventWork, event: ReadEvent, name: EventName): Promise<Ran> {
    const { verify, config } = this.#parts;
    const isSigned = work.kind.signed && verify !== undefined;
    const doubt =
      isSigned &&
      (await failure(checkSigned({ delivery: this.delivery, event }, verify, this.#waiting)));
    if (doubt) return this.#failed(doubt, name);
    // Where one try is all that it has, nobody could tell afterwards whether it had begun.
    if (this.delivery.deliveries > 1 || config.attempts === 1) {
      if (!(await this.#ending.tries.begin())) return "ended";
      this.#begunAt = Date.now();
    }
    if (this.#early !== undefined) return this.#leave();
    const error = await failure(this.#serve(work, event));
    return error === undefined ? this.#handled(name) : this.#failed(error, name);
  }

  /** The handler's end, or why the signal ended: one that never comes back must not hold its place for good. */
  #serve(work: EventWork, event: ReadEvent): Promise<unknown> {
    const { delivery } = this;
    const attempt = delivery.deliveries === 1 ? 1 : this.#ending.tries.attempt;
    this.#begunAt = Date.now();
    return handleEvent(work, { delivery, event, attempt, signal: this.#signal }, this.#parts);
  }

  #handled(name: EventName): Ran {
    const { seen, inHand } = this.#parts;
    this.#signal.settle();
    seen.add(name);
    inHand.delete(name);
    return this.#done();
  }

  async #failed(error: MeshError, name: EventName): Promise<Ran> {
    const { seen, inHand } = this.#parts;
    this.#signal.settle();
    try {
      if (await this.#fail(error)) seen.add(name);
      return "ended";
    } catch (trouble) {
      return this.#comesAgain(MeshError.from(trouble));
    } finally {
      inHand.delete(name);
    }
  }

  /** It failed; answers whether for good. */
  async #fail(error: MeshError): Promise<boolean> {
    if (this.#early === undefined) return this.#ending.fail(error, this.#begunAt);
    await this.#leave();
    return false;
  }

  /** It was ended from outside: another one handles it. */
  async #leave(): Promise<Ran> {
    if (this.#early !== "superseded") await this.giveBack();
    return "ended";
  }

  /** The store cannot be reached, or refuses. */
  #comesAgain(trouble: MeshError): Ran {
    this.#parts.warn(`${this.#what()}: ${trouble.message}`);
    if (this.#early === undefined) this.#ending.comesAgain(trouble);
    return "ended";
  }

  #done(): Ran {
    this.#say(Word.done);
    return "ended";
  }

  #say(word: string): void {
    acknowledge(this.#parts.link, this.delivery, word);
  }

  #what(): string {
    return `event ${this.delivery.sequence} of ${this.#parts.follow}`;
  }

  get #ending(): EventEnding {
    this.#unusual ??= new EventEnding(this.delivery, this.#parts, this.#waiting);
    return this.#unusual;
  }

  get #waiting(): Waiting {
    const { clock, warn } = this.#parts;
    return { clock, warn, isOver: () => this.#early !== undefined };
  }
}
