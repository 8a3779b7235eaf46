import type { ConsumerName } from "@myelin/subjects";
import { MeshError } from "../../errors/index.ts";
import { type Link, refusalOf } from "../../nats/index.ts";
import type { Clock } from "../../pipeline/index.ts";
import { acknowledge, Word } from "../stored/acknowledging.ts";
import { ackReader, type Delivered } from "../stored/acks.ts";
import { Puller } from "../stored/puller.ts";
import type { StoreApi } from "../stored/store.ts";

export interface TakingParts {
  readonly link: Link;
  readonly clock: Clock;
  /** Whose inbox it comes to. */
  readonly name: string;
  readonly consumer: ConsumerName;
  readonly api: StoreApi;
  /** Most that are worked on at once. */
  readonly atOnce: number;
  /** Its message is acknowledged when this resolves, and comes again a while after it throws. */
  readonly work: (taken: Delivered) => Promise<void>;
  readonly warn: (detail: string) => void;
}

const firstDelayMs = 500;
const maxDelayMs = 30_000;

/** Takes messages of a consumer and works on them, a bounded number at once; each until it is done. */
export class Taking {
  readonly #parts: TakingParts;
  readonly #puller: Puller<Delivered>;
  readonly #running = new Set<Promise<void>>();
  #isOpen = false;
  #unhear = (): void => {};

  constructor(parts: TakingParts) {
    this.#parts = parts;
    const { link, clock, name, consumer, api, warn } = parts;
    const read = ackReader(consumer);
    this.#puller = new Puller<Delivered>({
      ...{ link, clock, agent: name, consumer, api },
      read: (message) => {
        const ack = read(message.reply);
        return ack === undefined ? undefined : { message, ...ack };
      },
      onDelivery: (taken) => this.#take(taken),
      onSpent: () => this.#fill(),
      onTrouble: warn,
      onRefused: () => {},
    });
  }

  /** Throws where the server does not let it hear. */
  async start(): Promise<void> {
    const { link } = this.#parts;
    this.#puller.start();
    await link.flush();
    const refused = refusalOf([this.#puller]);
    if (refused !== undefined) throw refused;
    this.#isOpen = true;
    this.#unhear = link.onUp(() => {
      this.#puller.reset();
      this.#fill();
    });
    this.#fill();
  }

  /** Takes nothing new, and waits for what is worked on. */
  async stop(): Promise<void> {
    this.#isOpen = false;
    this.#unhear();
    await this.#puller.stop();
    await Promise.all(this.#running);
  }

  #fill(): void {
    if (!this.#isOpen) return;
    const { atOnce } = this.#parts;
    this.#puller.pull(atOnce - this.#running.size - this.#puller.outstanding);
  }

  #take(taken: Delivered): void {
    if (!this.#isOpen) return acknowledge(this.#parts.link, taken, Word.again(0));
    const done = this.#work(taken).then(() => {
      this.#running.delete(done);
      this.#fill();
    });
    this.#running.add(done);
  }

  async #work(taken: Delivered): Promise<void> {
    const { link, work, warn } = this.#parts;
    try {
      await work(taken);
      acknowledge(link, taken, Word.done);
    } catch (error) {
      warn(MeshError.from(error).message);
      const doubled = firstDelayMs * 2 ** Math.min(taken.deliveries - 1, 10);
      acknowledge(link, taken, Word.again(Math.min(doubled, maxDelayMs)));
    }
  }
}
