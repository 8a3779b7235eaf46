import { Store } from "@myelin/subjects";
import { MeshError } from "../../errors/index.ts";
import { CallSignal, pause, unlessEnded } from "../../pipeline/index.ts";
import { bury, type Dead } from "../dead/dead.ts";
import { acknowledge, Word } from "../stored/acknowledging.ts";
import { onceKnown } from "../stored/known.ts";
import { type EarlyEnd, earlyEnd } from "../work/attempt-ends.ts";
import { delayAfter, mayPass, untilStore } from "../work/retrying.ts";
import { deadEvent, isBuried } from "./dead-event.ts";
import {
  type EventDelivery,
  type EventMove,
  keyOf,
  originalOf,
  type ReadEvent,
  readEvent,
} from "./event-delivery.ts";
import { isFinal, spent, unhandled } from "./event-ends.ts";
import { type EventWork, eventRequest } from "./event-work.ts";
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
  /** Why it comes, once that is believed. */
  #move: EventMove | undefined;

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

  /** Gives the message back. */
  nak(delayMs: number): void {
    this.#say(Word.again(delayMs));
  }

  /** Ends it from outside, for a reason that is not the event's own failure. */
  end(early: EarlyEnd): void {
    if (this.#early !== undefined) return;
    this.#early = early;
    this.#signal.end(earlyEnd(early, this.#what()));
  }

  /** With everything that may have to be looked up before. */
  async #carefully(): Promise<void> {
    const { verify, agent } = this.#parts;
    try {
      let event: ReadEvent;
      try {
        event = readEvent(this.delivery);
        const { move } = event;
        if (move !== undefined && verify !== undefined)
          await onceKnown(this.#waiting, () => verify.move(this.delivery, move, agent));
      } catch (error) {
        // Of a move that nobody believes, the message that claims it dies: never the event that it names.
        return void (await this.#fail(MeshError.from(error)));
      }
      this.#move = event.move;
      await this.#meet(event);
    } catch (error) {
      this.#comesAgain(MeshError.from(error));
    }
  }

  /** Handles it, unless it was before. */
  async #meet(event: ReadEvent): Promise<void> {
    const { seen, inHand, works, config } = this.#parts;
    const { message, deliveries } = this.delivery;
    const subject = event.move?.original.subject ?? message.subject;
    const id = keyOf(event, this.delivery);
    if (seen.has(subject, id)) return this.#say(Word.done);
    // Each return would count as a delivery, and too many of those as an event that kills its followers.
    while (inHand.has(subject, id)) {
      if (this.#early !== undefined) return this.#early === "superseded" ? undefined : this.nak(0);
      await pause(this.#parts.clock, twinMs);
      if (seen.has(subject, id)) return this.#say(Word.done);
    }
    inHand.add(subject, id);
    try {
      const work = works.get(subject);
      const isNamed = work !== undefined || event.move !== undefined;
      if (!isNamed && (await this.#parts.isBeside(subject))) return this.#say(Word.done);
      // What was given up comes again where its consumer was made anew.
      if (deliveries > 1 && (await isBuried(this.#parts.store, this.#dead())))
        return this.#say(Word.done);
      if (deliveries > config.attempts)
        return await this.#giveUp(spent(this.#what(), config.attempts), deliveries - 1);
      if (work === undefined)
        return await this.#failed(unhandled(event.address, this.#parts), subject, id);
      const error = await this.#verified(work, event).then(
        () => undefined,
        (thrown: unknown) => MeshError.from(thrown),
      );
      return await (error === undefined
        ? this.#handled(subject, id)
        : this.#failed(error, subject, id));
    } finally {
      inHand.delete(subject, id);
    }
  }

  get #waiting() {
    const { clock, warn } = this.#parts;
    return { clock, warn, isOver: () => this.#early !== undefined };
  }

  async #verified(work: EventWork, event: ReadEvent): Promise<unknown> {
    const { verify } = this.#parts;
    const { address, cloud, move } = event;
    if (work.kind.signed && verify !== undefined) {
      const message = move?.original ?? originalOf(this.delivery);
      const place = `${Store.events}:${message.sequence}`;
      const signed = { message, address, cloud, storedAt: message.storedAt, place };
      await onceKnown(this.#waiting, () => verify.event(signed));
    }
    return this.#serve(work, event);
  }

  /** The handler's end, or why the signal ended: one that never comes back must not hold its place for good. */
  #serve(work: EventWork, { address, cloud, move }: ReadEvent): Promise<unknown> {
    const { config, clock, serve } = this.#parts;
    const { deliveries: attempt, message } = this.delivery;
    const { head } = move?.original ?? message;
    const sequence = move?.original.sequence ?? this.delivery.sequence;
    const arrival = { address, cloud, head, attempt, sequence, missed: 0, move };
    const { attemptMs } = config;
    this.#begunAt = Date.now();
    const signal = this.#signal;
    signal.expire(clock.now() + attemptMs, attemptMs, work.operation.key);
    const request = eventRequest(work, arrival, signal);
    request.timeoutMs = attemptMs;
    return unlessEnded(signal, () => serve(request));
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

  /** The store cannot be reached, or refuses: the message comes again. */
  #comesAgain(trouble: MeshError): void {
    this.#parts.warn(`${this.#what()}: ${trouble.message}`);
    const delay = untilStore(this.#delay(trouble), this.delivery, this.#parts.config);
    if (this.#early === undefined) this.nak(delay);
  }

  /** It failed: again after a while, or for good; answers whether for good. */
  async #fail(error: MeshError): Promise<boolean> {
    if (this.#early !== undefined) {
      if (this.#early !== "superseded") this.nak(0);
      return false;
    }
    const { config, tried, instance } = this.#parts;
    const { deliveries } = this.delivery;
    const begunAt = this.#begunAt;
    if (begunAt !== undefined) tried.add(this.delivery, begunAt, { instance, error: error.code });
    const isLast = deliveries >= config.attempts;
    if (mayPass(error) && !isFinal(error) && !isLast) {
      this.nak(this.#delay(error));
      return false;
    }
    await this.#giveUp(error, deliveries);
    return true;
  }

  /** Dead letter, then the end of the message: the one is stored before the other. */
  async #giveUp(error: MeshError, attempts: number): Promise<void> {
    const { instance, signer, tried } = this.#parts;
    const { sequence } = this.delivery;
    const tries = tried.get(sequence);
    await bury(this.#parts, this.#dead(), { instance, error, attempts, tries, signer: signer() });
    tried.delete(sequence);
    this.#say(Word.givenUp(error.code));
  }

  #dead(): Dead {
    const move = this.#move;
    return deadEvent(this.#parts, move?.original ?? originalOf(this.delivery), move);
  }

  #delay(error: MeshError): number {
    return delayAfter(this.delivery.deliveries, error, this.#parts.config, this.#parts.random);
  }

  #say(word: string): void {
    acknowledge(this.#parts.link, this.delivery, word);
  }

  #what(): string {
    return `event ${this.delivery.sequence} of ${this.#parts.follow}`;
  }
}
