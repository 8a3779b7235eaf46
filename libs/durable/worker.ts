import { priorities, Store, storeApi, taskConsumer } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import { refusalOf } from "../nats/index.ts";
import { Attempt } from "./attempt.ts";
import type { Delivery } from "./delivery.ts";
import { Puller } from "./puller.ts";
import { checkServer } from "./version.ts";
import type { WorkParts } from "./work-parts.ts";

export interface WorkerParts extends Omit<WorkParts, "onCancelled"> {
  /** Counts what came and is no task, by reason. */
  readonly onRefused: (reason: string) => void;
}

/** An attempt under way, or one that waits for its turn. */
interface Held {
  readonly attempt: Attempt;
  readonly isHigh: boolean;
  /** When the server last heard that it is worked on. */
  beatAt: number;
}

const askMs = 5_000;
/** Longest time until an attempt notices that its task is over, in milliseconds. */
const mostBeatMs = 2_000;
const readMs = 1_500;
const nanosecondsPerMs = 1_000_000;

/**
 * Takes an agent's tasks and works on them: no more at once than it may.
 *
 * Says of each that it is being worked on, until it ends. What it could not say for longer than the server waits is
 * taken for lost: another attempt may have begun, so this one is stopped and writes nothing.
 */
export class Worker {
  readonly #parts: WorkParts;
  readonly #pullers: readonly (readonly [puller: Puller, isHigh: boolean])[];
  readonly #running = new Map<Held, Promise<void>>();
  /** Came when there was no room left; the urgent ones first. */
  readonly #waiting: Held[] = [];
  readonly #undo: (() => void)[] = [];
  #ackWaitMs = 30_000;
  #state: "new" | "open" | "draining" | "stopped" = "new";
  #draining: Promise<void> | undefined;

  constructor(parts: WorkerParts) {
    this.#parts = { ...parts, onCancelled: (final) => this.#over(final) };
    const { link, clock, agent, warn, onRefused } = parts;
    this.#pullers = priorities.map((priority) => {
      const isHigh = priority === "high";
      const puller = new Puller({
        ...{ link, clock, agent, priority, onRefused },
        onDelivery: (delivery) => this.#take(delivery, isHigh),
        onSpent: () => this.#fill(),
        onTrouble: warn,
      });
      return [puller, isHigh] as const;
    });
  }

  /** Throws when its consumers are not there, or the server does not let it listen. */
  async start(): Promise<void> {
    const { link, agent } = this.#parts;
    checkServer(link.serverVersion);
    const waits = await Promise.all(
      priorities.map((priority) => this.#ackWaitOf(taskConsumer(agent, priority).consumer)),
    );
    this.#ackWaitMs = Math.min(...waits);
    for (const [puller] of this.#pullers) puller.start();
    await link.flush();
    const refused = refusalOf(this.#pullers.map(([puller]) => puller));
    if (refused !== undefined) throw refused;
    this.#state = "open";
    this.#undo.push(link.onUp(() => this.#resume()));
    this.#beatLater();
    this.#fill();
  }

  /** Takes nothing new, gives back what has not begun, and waits for the rest; what is not done in time goes back. */
  drain(timeoutMs: number): Promise<void> {
    this.#draining ??= this.#drain(timeoutMs);
    return this.#draining;
  }

  async #drain(timeoutMs: number): Promise<void> {
    const { clock, link } = this.#parts;
    this.#state = "draining";
    for (const { attempt } of this.#waiting.splice(0)) attempt.nak(0);
    const late = clock.schedule(timeoutMs, () => {
      for (const { attempt } of this.#running.keys()) attempt.end("stopping");
    });
    while (this.#running.size > 0) await Promise.all(this.#running.values());
    late();
    this.#state = "stopped";
    for (const undo of this.#undo.splice(0)) undo();
    await Promise.all(this.#pullers.map(([puller]) => puller.stop()));
    if (link.isUp) await link.flush().catch(() => {});
  }

  async #ackWaitOf(consumer: string): Promise<number> {
    const info = await this.#parts.store.api(storeApi.consumerInfo(Store.tasks, consumer), askMs);
    const { ack_wait, ack_policy } = (info["config"] ?? {}) as Readonly<Record<string, unknown>>;
    if (ack_policy === "explicit" && typeof ack_wait === "number" && ack_wait > 0) {
      return ack_wait / nanosecondsPerMs;
    }
    throw new MeshError(
      MeshCode.Unavailable,
      `the consumer ${consumer} of ${Store.tasks} is not as tasks need it: it must acknowledge explicitly; see \`myelin apply\``,
    );
  }

  #take(delivery: Delivery, isHigh: boolean): void {
    const attempt = new Attempt(delivery, this.#parts);
    if (this.#state !== "open") return attempt.nak(0);
    const held: Held = { attempt, isHigh, beatAt: this.#parts.clock.now() };
    if (this.#running.size < this.#parts.config.concurrency) return this.#run(held);
    const at = isHigh ? this.#waiting.findIndex((one) => !one.isHigh) : -1;
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, held);
  }

  #run(held: Held): void {
    const done = held.attempt.run().then(() => {
      this.#running.delete(held);
      const next = this.#state === "open" ? this.#waiting.shift() : undefined;
      if (next === undefined) this.#fill();
      else this.#run(next);
    });
    this.#running.set(held, done);
  }

  /** Asks for as many as there is room for: urgent ones first, others for the same room, since few will be urgent. */
  #fill(): void {
    if (this.#state !== "open" || !this.#parts.link.isUp) return;
    const free = this.#parts.config.concurrency - this.#running.size - this.#waiting.length;
    for (const [puller] of this.#pullers) puller.pull(free - puller.outstanding);
  }

  #resume(): void {
    for (const [puller] of this.#pullers) puller.reset();
    this.#fill();
  }

  #beatLater(): void {
    const { clock } = this.#parts;
    const everyMs = Math.min(this.#ackWaitMs / 3, mostBeatMs);
    const cancel = clock.schedule(everyMs, () => {
      this.#beat();
      this.#undo.splice(this.#undo.indexOf(cancel), 1);
      if (this.#state !== "stopped") this.#beatLater();
    });
    this.#undo.push(cancel);
  }

  #beat(): void {
    const now = this.#parts.clock.now();
    const { isUp } = this.#parts.link;
    for (const held of [...this.#running.keys(), ...this.#waiting]) {
      if (now - held.beatAt > this.#ackWaitMs) this.#lose(held);
      else if (isUp) {
        held.attempt.beat();
        held.beatAt = now;
        void this.#look(held.attempt);
      }
    }
  }

  #lose(held: Held): void {
    held.attempt.end("superseded");
    const at = this.#waiting.indexOf(held);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Whether the task is over, by the hand of another: cancelled, or done by an attempt that was taken for dead. */
  async #look(attempt: Attempt): Promise<void> {
    const final = attempt.finalSubject;
    if (final === undefined) return;
    try {
      const found = await this.#parts.store.last(Store.results, final, readMs);
      if (found !== undefined) attempt.end("cancelled");
    } catch {
      // Looked at again with the next beat.
    }
  }

  #over(final: string): void {
    for (const { attempt } of this.#running.keys()) {
      if (attempt.finalSubject === final) attempt.end("cancelled");
    }
  }
}
