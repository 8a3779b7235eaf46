import { type ConsumerName, inboxOf, nanosecondsPerMs, storeApi } from "@myelin/subjects";
import type { MeshError } from "../../errors/index.ts";
import type { Inbound, Link, Listening } from "../../nats/index.ts";
import { type Clock, randomToken } from "../../pipeline/index.ts";
import { statusOf } from "../../wire/index.ts";
import type { StoreApi } from "./store.ts";

export interface PullerParts<Delivery> {
  readonly link: Pick<Link, "publish" | "subscribe" | "isUp">;
  readonly clock: Clock;
  readonly agent: string;
  readonly consumer: ConsumerName;
  /** How the streams' API is called there. Default: `storeApi`. */
  readonly api?: StoreApi;
  /** What came, as the consumer delivered it; undefined for what did not come from it. */
  readonly read: (message: Inbound) => Delivery | undefined;
  readonly onDelivery: (delivery: Delivery) => void;
  /** There is room again for what was asked for and will not come. */
  readonly onSpent: () => void;
  readonly onTrouble: (detail: string) => void;
  readonly onRefused: (reason: string) => void;
}

/** What was asked for and has not come. */
interface Pull {
  left: number;
  readonly forget: () => void;
}

/** How long a pull waits at the server: less than the import remembers it (`pullThresholdMs`). */
const expiresMs = 25_000;
const graceMs = 2_000;
/** Between two pulls where the server turned one away, in milliseconds. */
const pauseMs = 500;
/** Pulls that ended as pulls do: nothing came in time, or what was asked for is there. */
const usual: readonly number[] = [404, 408];
const heartbeat = 100;

/** Takes messages of one consumer: it asks for so many, and knows how many of them have not come. */
export class Puller<Delivery> {
  readonly #parts: PullerParts<Delivery>;
  readonly #consumer: string;
  readonly #question: string;
  #inbox: string;
  readonly #pulls = new Map<string, Pull>();
  #listening: Listening | undefined;
  #asked = 0;
  #isPausing = false;
  /** What the server said last against it: the same is worth one line. */
  #said = "";

  constructor(parts: PullerParts<Delivery>) {
    this.#parts = parts;
    const { stream, consumer } = parts.consumer;
    this.#consumer = consumer;
    this.#question = (parts.api ?? storeApi).next(stream, consumer);
    this.#inbox = inboxFor(parts.agent);
  }

  start(): void {
    const { link } = this.#parts;
    this.#listening = link.subscribe(`${this.#inbox}.*`, (message) => this.#receive(message));
  }

  /** Why the server does not let it hear. */
  get refused(): MeshError | undefined {
    return this.#listening?.refused;
  }

  /** How many were asked for and may still come. */
  get outstanding(): number {
    let sum = 0;
    for (const { left } of this.#pulls.values()) sum += left;
    return sum;
  }

  /** Asks for so many more, and for what comes within some seconds where there are fewer. */
  pull(batch: number): void {
    this.#pull(batch, { batch, expires: expiresMs * nanosecondsPerMs }, expiresMs);
  }

  /** Asks for so many of those that are there now; whether there were any is known once it is spent. */
  probe(batch: number): void {
    this.#pull(batch, { batch, no_wait: true }, 0);
  }

  #pull(batch: number, question: object, waitMs: number): void {
    const { link, clock } = this.#parts;
    if (batch < 1 || this.#isPausing || !link.isUp) return;
    const id = String(++this.#asked);
    const reply = `${this.#inbox}.${id}`;
    // With the acknowledgements of this turn, in one writing.
    link.publish(this.#question, JSON.stringify(question), { reply, mayWait: true });
    // A server that died says nothing of the pulls it had.
    const forget = clock.schedule(waitMs + graceMs, () => this.#end(id));
    this.#pulls.set(id, { left: batch, forget });
  }

  /** Forgets what was asked for over a connection that is lost. */
  reset(): void {
    for (const { forget } of this.#pulls.values()) forget();
    this.#pulls.clear();
    this.#isPausing = false;
  }

  async stop(): Promise<void> {
    this.reset();
    await this.#listening?.stop();
  }

  #receive(message: Inbound): void {
    const status = statusOf(message.head);
    if (status !== 0) return this.#told(status, message);
    const delivery = this.#parts.read(message);
    if (delivery === undefined) return this.#parts.onRefused("delivery");
    this.#said = "";
    this.#count();
    this.#parts.onDelivery(delivery);
    if (message.head === "" && message.payload.length === 0) this.#beginAnew();
  }

  /**
   * An empty message without headers, as a plain client may store it, is to nats-server the end of the answers to a
   * request from another account: it forgets the way back, and what the pull is given from then on reaches nobody.
   * Nobody listens there any more, so it is given nothing.
   */
  #beginAnew(): void {
    void this.#listening?.stop();
    this.reset();
    this.#inbox = inboxFor(this.#parts.agent);
    this.start();
    this.#parts.onSpent();
  }

  /** A message does not say which pull it answers: the oldest one, as the server serves them. */
  #count(): void {
    for (const [id, pull] of this.#pulls) {
      pull.left--;
      if (pull.left > 0) return;
      pull.forget();
      this.#pulls.delete(id);
      return;
    }
  }

  #told(status: number, { subject, head }: Inbound): void {
    if (status === heartbeat) return;
    const id = subject.slice(this.#inbox.length + 1);
    if (usual.includes(status)) return this.#end(id);
    const said = head.slice(0, head.indexOf("\r\n")).replace("NATS/1.0 ", "");
    if (said !== this.#said) this.#parts.onTrouble(`${this.#consumer} gives nothing now: ${said}`);
    this.#said = said;
    this.#pause(id);
  }

  /** No leader, no consumer, no room for another pull: asking again at once would be a storm. */
  #pause(id: string): void {
    this.#pulls.get(id)?.forget();
    this.#pulls.delete(id);
    if (this.#isPausing) return;
    this.#isPausing = true;
    this.#parts.clock.schedule(pauseMs, () => {
      this.#isPausing = false;
      this.#parts.onSpent();
    });
  }

  #end(id: string): void {
    const pull = this.#pulls.get(id);
    if (pull === undefined) return;
    pull.forget();
    this.#pulls.delete(id);
    this.#parts.onSpent();
  }
}

/** An inbox of its own: a delivered message keeps its own subject, which the multiplexer could not place. */
function inboxFor(agent: string): string {
  return `${inboxOf(agent)}.pull-${randomToken()}`;
}
