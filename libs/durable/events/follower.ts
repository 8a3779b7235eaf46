import { followConsumer } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { refusalOf } from "../../nats/index.ts";
import { every } from "../../pipeline/index.ts";
import { Alone, aloneKey, type Ran } from "../attempts/alone.ts";
import { Parking } from "../attempts/parking.ts";
import type { Bearing } from "../stored/consumer.ts";
import { Puller } from "../stored/puller.ts";
import { askAgain } from "../stored/storing.ts";
import { checkServer } from "../stored/version.ts";
import { EventAttempt } from "./event-attempt.ts";
import { type EventDelivery, eventReader } from "./event-delivery.ts";
import { checkTries } from "./event-tries.ts";
import { Filters } from "./filters.ts";
import type { FollowParts } from "./follow-parts.ts";
import { EventIds, Seen } from "./seen.ts";
import { Window } from "./window.ts";

/** What a follower has of its own. */
type Own = "alone" | "mostDeliveries" | "seen" | "inHand" | "isBeside";

export interface FollowerParts extends Omit<FollowParts, Own> {
  /** Counts what came and is no event, by reason. */
  readonly onRefused: (reason: string) => void;
}

/** Longest time until a beat, in milliseconds. */
const mostBeatMs = 2_000;

/**
 * Takes the events of one durable subscription and has them handled: no more at once than it may.
 *
 * Each event comes once to whoever follows under this name, at their own pace, until it is acknowledged.
 */
export class Follower {
  readonly #parts: FollowParts;
  readonly #puller: Puller<EventDelivery>;
  readonly #filters: Filters;
  readonly #window: Window;
  readonly #running = new Set<EventAttempt>();
  readonly #waiting: EventAttempt[] = [];
  /** May be what followers die of, and wait until they are alone. */
  readonly #parking = new Parking<EventAttempt>();
  readonly #undo: (() => void)[] = [];
  #terms: Bearing = { ackWaitMs: 30_000, mostDeliveries: Number.POSITIVE_INFINITY };
  /** When this process was last seen to run. */
  #ranAt: number;
  /** Whether what comes was sent before this process was stopped for long. */
  #isStale = false;
  #state: "new" | "open" | "draining" | "stopped" = "new";
  #draining: Promise<void> | undefined;
  #idle: (() => void) | undefined;
  #givenBack: Promise<void> = Promise.resolve();

  constructor({ onRefused, ...parts }: FollowerParts) {
    const { link, clock, agent, follow, warn, config, store } = parts;
    const consumer = followConsumer(agent, follow);
    this.#filters = new Filters({ store, clock, consumer });
    this.#parts = {
      ...parts,
      alone: new Alone(),
      mostDeliveries: () => this.#terms.mostDeliveries,
      seen: new Seen(config.remember),
      inHand: new EventIds(),
      isBeside: async (subject) => {
        const isBeside = await this.#filters.isBeside(subject);
        if (isBeside) onRefused("event_without_handler");
        return isBeside;
      },
    };
    this.#ranAt = clock.now();
    const { concurrency, prefetch } = config;
    const limits = { least: concurrency, most: Math.max(concurrency, prefetch) };
    this.#window = new Window(limits, this.#ranAt);
    this.#puller = new Puller({
      ...{ link, clock, agent, consumer, onRefused },
      read: eventReader(consumer),
      onDelivery: (delivery) => this.#take(delivery),
      onSpent: () => this.#fill(),
      onTrouble: warn,
    });
  }

  /** Throws when its consumer is not there, gives other events than are handled, or may not be listened to. */
  async start(): Promise<void> {
    const { link, clock, works, agent, follow } = this.#parts;
    checkServer(link.serverVersion);
    const ask = (waitMs: number) => this.#filters.read(waitMs);
    // It may come up while the servers elect who leads.
    this.#terms = await askAgain(this.#parts, ask);
    const missing = [...works.keys()].find((subject) => !this.#filters.has(subject));
    if (missing !== undefined) throw notFollowed(agent, follow, missing);
    await askAgain(this.#parts, (waitMs) => checkTries(this.#parts, waitMs));
    this.#puller.start();
    await link.flush();
    const refused = refusalOf([this.#puller]);
    if (refused !== undefined) throw refused;
    this.#state = "open";
    this.#ranAt = clock.now();
    this.#undo.push(link.onUp(() => this.#resume()));
    const beatMs = Math.min(this.#terms.ackWaitMs / 3, mostBeatMs);
    this.#undo.push(every(clock, beatMs, () => this.#beat(beatMs)));
    this.#fill();
  }

  /** Takes nothing new and finishes what it has; what is not done in time is given back. Again, it may end sooner. */
  drain(timeoutMs: number): Promise<void> {
    const late = this.#parts.clock.schedule(timeoutMs, () => void this.#giveBack());
    this.#draining ??= this.#drain(timeoutMs);
    return this.#draining.finally(late);
  }

  async #drain(timeoutMs: number): Promise<void> {
    const { link } = this.#parts;
    this.#state = "draining";
    if (timeoutMs === 0) await this.#giveBack();
    else await this.#puller.stop();
    const parked = [...this.#parking.all()];
    for (const one of parked) this.#parking.remove(one);
    this.#return(parked);
    this.#pump();
    if (this.#running.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.#givenBack;
    this.#state = "stopped";
    for (const undo of this.#undo.splice(0)) undo();
    if (link.isUp) await link.flush().catch(() => {});
  }

  /** First the server must know: what is given back before would come again to what was asked for here. */
  async #giveBack(): Promise<void> {
    await this.#puller.stop();
    this.#return(this.#waiting.splice(0));
    for (const attempt of this.#running) attempt.end("stopping");
  }

  #return(unbegun: readonly EventAttempt[]): void {
    const given = unbegun.map((attempt) => attempt.giveBack());
    this.#givenBack = Promise.all([this.#givenBack, ...given]).then(() => {});
  }

  #take(delivery: EventDelivery): void {
    const now = this.#parts.clock.now();
    if (now - this.#ranAt > this.#terms.ackWaitMs) this.#stalled();
    // Others have it by now; what they do not handle comes again.
    if (this.#isStale) return;
    this.#waiting.push(new EventAttempt(delivery, this.#parts, now));
    if (this.#state === "open") this.#pump();
  }

  #pump(): void {
    while (this.#running.size < this.#parts.config.concurrency) {
      const attempt = this.#waiting.shift();
      if (attempt === undefined) return;
      this.#running.add(attempt);
      void attempt.run().then((ran) => this.#ended(attempt, ran));
    }
  }

  #ended(attempt: EventAttempt, ran: Ran): void {
    this.#running.delete(attempt);
    if (ran === "ended") this.#window.count();
    else if (this.#state === "open") this.#parking.add(attempt);
    else this.#return([attempt]);
    const mayNext = this.#state === "open" && this.#parts.alone.isFree;
    const next = mayNext ? this.#parking.take(aloneKey) : undefined;
    if (next !== undefined) this.#waiting.unshift(next);
    this.#pump();
    if (this.#running.size === 0) this.#idle?.();
    this.#fill();
  }

  /** Asks for more when half of what may be fetched is gone, or somebody has nothing to do. */
  #fill(): void {
    const { link, config, clock } = this.#parts;
    if (this.#state !== "open" || !link.isUp || this.#parking.isFull) return;
    const asked = this.#puller.outstanding;
    const held = this.#running.size + this.#waiting.length;
    const isStarving = asked === 0 && held < config.concurrency;
    if (!isStarving && asked + held > this.#window.size / 2) return;
    this.#window.turn(clock.now());
    this.#puller.pull(this.#window.size - held - asked);
  }

  #resume(): void {
    this.#puller.reset();
    this.#fill();
  }

  #beat(everyMs: number): void {
    const now = this.#parts.clock.now();
    if (now - this.#ranAt > this.#terms.ackWaitMs) this.#stalled();
    this.#ranAt = now;
    const { isUp } = this.#parts.link;
    for (const attempt of [...this.#running, ...this.#waiting, ...this.#parking.all()]) {
      const silentMs = now - attempt.beatAt;
      if (silentMs > this.#terms.ackWaitMs) this.#lose(attempt);
      else if (isUp && silentMs >= everyMs / 2) {
        attempt.beat();
        attempt.beatAt = now;
      }
    }
  }

  #lose(attempt: EventAttempt): void {
    attempt.end("superseded");
    const at = this.#waiting.indexOf(attempt);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#parking.remove(attempt);
  }

  /** The process stood still for longer than the server waits: what it was sent until now is with others. */
  #stalled(): void {
    if (this.#isStale || this.#state === "stopped") return;
    this.#isStale = true;
    const { link, clock } = this.#parts;
    void link
      .flush()
      .catch(() => {})
      .then(() => {
        this.#isStale = false;
        this.#ranAt = clock.now();
        this.#resume();
      });
  }
}

function notFollowed(agent: string, follow: string, subject: string): MeshError {
  const event = subject.split(".").slice(2).join(".");
  const line = `agents.${agent}.follows.${follow}.events: [${event}]`;
  return new MeshError(
    MeshCode.PermissionDenied,
    `${agent} does not follow ${event} as ${follow}; mesh.yaml would with ${line}, once applied`,
  );
}
