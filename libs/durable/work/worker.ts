import type { Priority } from "@myelin/subjects";
import { every } from "../../pipeline/index.ts";
import { Alone, aloneKey } from "../attempts/alone.ts";
import type { Bearing } from "../stored/consumer.ts";
import { Signing } from "../stored/signing.ts";
import { checkServer } from "../stored/version.ts";
import { Attempt } from "./attempt.ts";
import { checkConsumers } from "./consumers.ts";
import { Held, isNormal } from "./held.ts";
import { Intake } from "./intake.ts";
import { TaskKeys } from "./keys.ts";
import { isCancellation, type TaskDelivery } from "./task-delivery.ts";
import { TaskParking } from "./task-parking.ts";
import type { WorkParts } from "./work-parts.ts";

/** What a worker has of its own. */
type Own = "onCancelled" | "alone" | "keys" | "signing" | "mostDeliveries";

export interface WorkerParts extends Omit<WorkParts, Own> {
  /** Counts what came and is no task, by reason. */
  readonly onRefused: (reason: string) => void;
}

/** Longest time until an attempt notices that its task is over, in milliseconds. */
const mostBeatMs = 2_000;
/** Most that lie here while there is no room, taken on the search for cancellations. */
const mostAhead = 16;

/**
 * Takes an agent's tasks and works on them: no more at once than it may, urgent ones first.
 *
 * Says of each that it is being worked on, until it ends. What it could not say for longer than the server waits is
 * taken for lost: another attempt may have begun, so this one is stopped and writes nothing.
 */
export class Worker {
  readonly #parts: WorkParts;
  readonly #intake: Intake;
  readonly #running = new Map<Held, Promise<void>>();
  /** Cancellations under way: one may be about what would begin. */
  readonly #cancellations = new Set<Held>();
  /** Came when there was no room left; the urgent ones first. */
  readonly #waiting: Held[] = [];
  readonly #parking: TaskParking<Held>;
  readonly #undo: (() => void)[] = [];
  #bearing: Bearing = { ackWaitMs: 30_000, mostDeliveries: Number.POSITIVE_INFINITY };
  #state: "new" | "open" | "draining" | "stopped" = "new";
  #draining: Promise<void> | undefined;

  constructor(parts: WorkerParts) {
    const { link, clock, agent, warn, onRefused } = parts;
    const own = {
      alone: new Alone(),
      keys: new TaskKeys(parts),
      signing: new Signing(parts.signer),
    };
    this.#parts = {
      ...{ ...parts, ...own },
      mostDeliveries: () => this.#bearing.mostDeliveries,
      onCancelled: (final) => this.#over(final),
    };
    this.#parking = new TaskParking(this.#parts);
    this.#intake = new Intake({
      ...{ link, clock, agent, warn, onRefused },
      room: (priority) => this.#room(priority),
      onDelivery: (delivery, priority) => this.#take(delivery, priority),
      onKnown: () => this.#go(),
    });
  }

  /** Throws when its consumers are not there, or the server does not let it listen. */
  async start(): Promise<void> {
    const { link, clock } = this.#parts;
    checkServer(link.serverVersion);
    this.#bearing = await checkConsumers(this.#parts);
    this.#intake.start();
    await link.flush();
    if (this.#intake.refused !== undefined) throw this.#intake.refused;
    this.#state = "open";
    this.#undo.push(link.onUp(() => this.#resume()));
    const beatMs = Math.min(this.#bearing.ackWaitMs / 3, mostBeatMs);
    this.#undo.push(every(clock, beatMs, () => this.#beat(beatMs)));
    this.#intake.fill();
  }

  /**
   * Takes nothing new, gives back what has not begun, and waits for the rest; what is not done in time goes back.
   * Again, it may end sooner.
   */
  drain(timeoutMs: number): Promise<void> {
    const late = this.#parts.clock.schedule(timeoutMs, () => void this.#giveBack());
    this.#draining ??= this.#drain();
    return this.#draining.finally(late);
  }

  /** First the server must know: what is given back before would come again to what was asked for here, and again. */
  async #giveBack(): Promise<void> {
    await this.#intake.stop();
    for (const { attempt } of this.#running.keys()) attempt.end("stopping");
  }

  async #drain(): Promise<void> {
    const { link } = this.#parts;
    this.#state = "draining";
    await this.#intake.stop();
    for (const { attempt } of this.#waiting.splice(0)) attempt.nak(0);
    while (this.#running.size > 0) await Promise.all(this.#running.values());
    for (const held of [...this.#parking.all()]) {
      this.#parking.remove(held);
      held.attempt.nak(0);
    }
    this.#state = "stopped";
    for (const undo of this.#undo.splice(0)) undo();
    if (link.isUp) await link.flush().catch(() => {});
  }

  /** Urgent ones may have the place of what waits here; nobody has one while nothing more may be parked. */
  #room(priority: Priority): number {
    if (this.#state !== "open" || this.#parking.isFull) return 0;
    const free = this.#parts.config.concurrency - this.#running.size;
    if (priority === "normal") return free - this.#waiting.length;
    return free - this.#waiting.filter((held) => held.priority === "high").length;
  }

  #take(delivery: TaskDelivery, priority: Priority): void {
    if (this.#isHere(delivery)) return;
    const attempt = new Attempt(delivery, this.#parts);
    const held = new Held(attempt, priority, this.#parts.clock.now());
    // Given back as soon as nothing is asked for any more.
    if (this.#state === "draining") return void this.#waiting.push(held);
    // A cancellation must not wait for what it stops.
    if (isCancellation(delivery)) {
      this.#cancellations.add(held);
      return this.#run(held);
    }
    // It was asked for when there was room: once, it is given to whoever has some now.
    const isLate = this.#isFull && !this.#intake.isAsking;
    if (isLate && delivery.deliveries === 1) return attempt.nak(0);
    this.#await(held);
    this.#go();
  }

  /** Twice the same: a server that was killed forgot that it had delivered it. A later one: it took ours for lost. */
  #isHere({ sequence, deliveries }: TaskDelivery): boolean {
    for (const held of this.#held(sequence)) {
      const { delivery } = held.attempt;
      if (delivery.sequence !== sequence) continue;
      if (delivery.deliveries >= deliveries) return true;
      this.#lose(held);
      return false;
    }
    return false;
  }

  *#held(sequence: number): IterableIterator<Held> {
    yield* this.#running.keys();
    yield* this.#waiting;
    yield* this.#parking.at(sequence);
  }

  get #isFull(): boolean {
    return this.#running.size >= this.#parts.config.concurrency;
  }

  #await(held: Held): void {
    const at = held.priority === "high" ? this.#waiting.findIndex(isNormal) : -1;
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, held);
  }

  /** Begins what may begin, and asks for more. */
  #go(): void {
    if (this.#state !== "open") return;
    this.#intake.fill();
    while (!this.#isFull) {
      const [next] = this.#waiting;
      const mustWait = this.#intake.isAsking || this.#cancellations.size > 0;
      if (next === undefined || (isNormal(next) && mustWait)) return;
      this.#waiting.shift();
      this.#run(next);
    }
  }

  #run(held: Held): void {
    const done = held.attempt.run().then((ran) => {
      this.#running.delete(held);
      this.#cancellations.delete(held);
      if (ran === "parked") this.#park(held);
      else if (held.key !== undefined) this.#unpark(held.key);
      if (this.#parts.alone.isFree) this.#unpark(aloneKey);
      this.#go();
    });
    this.#running.set(held, done);
  }

  #park(held: Held): void {
    if (this.#state === "open") this.#parking.park(held);
    else held.attempt.nak(0);
  }

  /** The next one that waits for this key has its turn. */
  #unpark(key: string): void {
    const next = this.#state === "open" ? this.#parking.take(key) : undefined;
    if (next !== undefined) this.#await(next);
  }

  #resume(): void {
    this.#intake.reset();
    this.#go();
  }

  #beat(beatMs: number): void {
    const now = this.#parts.clock.now();
    const { isUp } = this.#parts.link;
    const { ackWaitMs } = this.#bearing;
    this.#parking.beat({ now, isUp, ackWaitMs, beatMs });
    for (const held of [...this.#running.keys(), ...this.#waiting]) {
      if (now - held.beatAt > ackWaitMs) this.#lose(held);
      else if (isUp) {
        held.attempt.beat();
        held.beatAt = now;
        void held.attempt.look();
      }
    }
    if (!isUp || this.#state !== "open") return;
    this.#tryKeys();
    const hasRoom = !this.#isFull && !this.#parking.isFull;
    if (!hasRoom && this.#waiting.length < mostAhead) this.#intake.peek();
  }

  /** Somebody else may have given a key back. */
  #tryKeys(): void {
    const here = new Set([...this.#running.keys(), ...this.#waiting].map(({ key }) => key));
    const { alone } = this.#parts;
    const isFree = (key: string) => (key === aloneKey ? alone.isFree : !here.has(key));
    for (const key of this.#parking.toTry(isFree)) this.#unpark(key);
    this.#go();
  }

  #lose(held: Held): void {
    held.attempt.end("superseded");
    const at = this.#waiting.indexOf(held);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#parking.remove(held);
  }

  #over(final: string): void {
    for (const { attempt } of this.#running.keys()) {
      if (attempt.finalSubject === final) attempt.end("cancelled");
    }
  }
}
