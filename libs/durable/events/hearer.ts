import { callerInbox, eventSubject, parseEventSubject } from "@myelin/subjects";
import { MeshError } from "../../errors/index.ts";
import type { Inbound, Link, Listening } from "../../nats/index.ts";
import {
  CallSignal,
  type Clock,
  type Serve,
  unlessEnded,
  type Wheel,
} from "../../pipeline/index.ts";
import { readCloud } from "./cloud.ts";
import type { HearConfig } from "./event-options.ts";
import { type Arrival, type EventWork, eventRequest } from "./event-work.ts";
import { Seen } from "./seen.ts";
import type { EventCheck } from "./verifying-events.ts";

export interface HearerParts {
  readonly link: Pick<Link, "subscribe" | "flush">;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly publisher: string;
  readonly name: string;
  readonly config: HearConfig;
  readonly work: EventWork;
  readonly serve: Serve;
  readonly verify: EventCheck | undefined;
  readonly warn: (detail: string) => void;
  /** Counts what came and is not heard, by reason. */
  readonly onRefused: (reason: string) => void;
}

/** How many events are remembered, so that one that is published twice is heard once. */
const remembered = 1_000;

/**
 * Hears events of one kind as they are published, while it is connected: what was told before, or while the link was
 * down, never comes.
 *
 * Others can have messages delivered on any subject by whoever answers them; only who publishes puts a reply subject
 * in the publisher's own inbox. What has none is dropped and counted.
 */
export class Hearer {
  readonly #parts: HearerParts;
  readonly #subject: string;
  readonly #inbox: string;
  readonly #seen = new Seen(remembered);
  readonly #waiting: Inbound[] = [];
  #missed = 0;
  #running = 0;
  #listening: Listening | undefined;
  #isStopped = false;
  #idle: (() => void) | undefined;
  #ended: Promise<void> | undefined;

  constructor(parts: HearerParts) {
    this.#parts = parts;
    const { publisher, name } = parts;
    this.#subject = eventSubject({ publisher, name });
    this.#inbox = callerInbox(publisher);
  }

  /** Throws `permission_denied` when the server does not let it listen. */
  async start(): Promise<void> {
    const { link } = this.#parts;
    this.#listening = link.subscribe(this.#subject, (message) => this.#receive(message));
    await link.flush();
    if (this.#listening.refused !== undefined) throw this.#listening.refused;
  }

  /** Hears nothing new and drops what waits; what runs may end within the limit. */
  async stop(timeoutMs = 0): Promise<void> {
    this.#isStopped = true;
    this.#waiting.length = 0;
    await this.#listening?.stop();
    if (this.#running === 0) return;
    this.#ended ??= new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    const late = this.#parts.clock.schedule(timeoutMs, () => this.#idle?.());
    await this.#ended;
    late();
  }

  #receive(message: Inbound): void {
    const { config, onRefused } = this.#parts;
    if (this.#isStopped) return;
    if (!message.reply.startsWith(this.#inbox)) return onRefused("event_reply");
    if (this.#waiting.length >= config.waiting) {
      this.#waiting.shift();
      this.#missed++;
      onRefused("event_overflow");
    }
    this.#waiting.push(message);
    this.#next();
  }

  #next(): void {
    while (this.#running < this.#parts.config.concurrency) {
      const message = this.#waiting.shift();
      if (message === undefined) break;
      const missed = this.#missed;
      this.#missed = 0;
      this.#running++;
      void this.#handle(message, missed).finally(() => {
        this.#running--;
        if (this.#isStopped && this.#running === 0) this.#idle?.();
        else this.#next();
      });
    }
  }

  /** Resolves in any case: nobody waits, and nothing comes again. */
  async #handle(message: Inbound, missed: number): Promise<void> {
    const { work, verify, onRefused } = this.#parts;
    const { subject, head, payload } = message;
    try {
      const address = parseEventSubject(subject);
      if (!address.ok) return onRefused("event_subject");
      const cloud = readCloud(head, payload);
      const name = { subject, id: cloud.id };
      if (this.#seen.has(name)) return;
      this.#seen.add(name);
      const event = { message, address: address.value, cloud };
      if (work.kind.signed) {
        // The same message has one place, however often it comes.
        await verify?.event({ ...event, storedAt: new Date(), place: "live" });
      }
      const arrival = { ...event, head, attempt: 1, sequence: undefined, missed };
      await this.#serve(arrival);
    } catch (error) {
      this.#parts.warn(`${work.operation.key}: ${MeshError.from(error).message}`);
    }
  }

  /** One that never comes back must not hold its place for good. */
  async #serve(arrival: Arrival): Promise<void> {
    const { wheel, clock, work, serve, config } = this.#parts;
    const { attemptMs } = config;
    const signal = new CallSignal(wheel);
    signal.expire(clock.now() + attemptMs, attemptMs, work.operation.key);
    try {
      await unlessEnded(signal, () => serve(eventRequest(work, arrival, signal)));
    } finally {
      signal.settle();
    }
  }
}
