import { type Priority, taskConsumer } from "@myelin/subjects";
import type { MeshError } from "../../errors/index.ts";
import { type Link, refusalOf } from "../../nats/index.ts";
import type { Clock } from "../../pipeline/index.ts";
import { Puller } from "../stored/puller.ts";
import { deliveryReader, type TaskDelivery } from "./task-delivery.ts";

export interface IntakeParts {
  readonly link: Pick<Link, "publish" | "subscribe" | "isUp">;
  readonly clock: Clock;
  readonly agent: string;
  readonly warn: (detail: string) => void;
  /** Counts what came and is no task, by reason. */
  readonly onRefused: (reason: string) => void;
  /** How many more of a class there is room for now. */
  readonly room: (priority: Priority) => number;
  readonly onDelivery: (delivery: TaskDelivery, priority: Priority) => void;
  /** It is known again that no urgent task waits in the store, or it has been delivered. */
  readonly onKnown: () => void;
}

/**
 * Takes an agent's tasks out of the store, the urgent ones first.
 *
 * While a pull for an urgent task waits at the server, none is there. Where none waits, because there was no room for
 * one, the server is asked once before another task may begin. One pull at a time for each class: what became free
 * meanwhile is asked for together.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #high: Puller<TaskDelivery>;
  readonly #normal: Puller<TaskDelivery>;
  #isAsking = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#high = this.#puller("high", () => (this.#isAsking ? this.#known() : this.fill()));
    this.#normal = this.#puller("normal", () => this.fill());
  }

  /** Whether it is not known yet if urgent tasks wait: others must not begin. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Why the server does not let it hear. */
  get refused(): MeshError | undefined {
    return refusalOf([this.#high, this.#normal]);
  }

  start(): void {
    this.#high.start();
    this.#normal.start();
  }

  /** Asks for as many as there is room for. */
  fill(): void {
    const { link, room } = this.#parts;
    if (!link.isUp) return;
    const urgent = room("high");
    if (!this.#isAsking && urgent > 0 && this.#high.outstanding === 0) {
      this.#high.probe(urgent);
      this.#isAsking = this.#high.outstanding > 0;
    }
    if (this.#normal.outstanding === 0) this.#normal.pull(room("normal"));
  }

  /** Looks whether something urgent waits that nobody else takes, although there is no room: it may be a cancellation. */
  peek(): void {
    if (this.#isAsking || this.#high.outstanding > 0 || !this.#parts.link.isUp) return;
    this.#high.probe(1);
    this.#isAsking = this.#high.outstanding > 0;
  }

  /** Forgets what was asked for over a connection that is lost. */
  reset(): void {
    this.#isAsking = false;
    this.#high.reset();
    this.#normal.reset();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#high.stop(), this.#normal.stop()]);
  }

  #puller(priority: Priority, onSpent: () => void): Puller<TaskDelivery> {
    const { link, clock, agent, onRefused, warn } = this.#parts;
    const consumer = taskConsumer(agent, priority);
    return new Puller({
      ...{ link, clock, agent, consumer, onRefused, onSpent },
      read: deliveryReader(consumer),
      onDelivery: (delivery) => this.#take(delivery, priority),
      onTrouble: warn,
    });
  }

  #take(delivery: TaskDelivery, priority: Priority): void {
    this.#parts.onDelivery(delivery, priority);
    // As many came as were asked for: the server says nothing more.
    if (this.#isAsking && this.#high.outstanding === 0) this.#known();
  }

  #known(): void {
    this.#isAsking = false;
    // One is enough: when it has come there is another question. More would lie here while others have room.
    if (this.#parts.room("high") > 0) this.#high.pull(1);
    this.#parts.onKnown();
  }
}
