import { randomUUID } from "node:crypto";
import { presencePrefix } from "@myelin/subjects";
import type { NatsConnection } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Denied } from "./errors.ts";
import { Former } from "./former.ts";
import { handOver } from "./handover.ts";
import { Hearing } from "./hearing.ts";
import { cutOff } from "./inner.ts";
import { type Listening, refusalOf } from "./listening.ts";
import type { Inbound } from "./message.ts";
import type { Mover, Owed, Subscriber } from "./mover.ts";
import { Outbox } from "./outbox.ts";
import type { Held } from "./secrets.ts";
import { UpState } from "./up-state.ts";
import { watch } from "./watch.ts";

/** A connection of nats.js, and what it logged in with. */
export interface Connection {
  readonly nc: NatsConnection;
  readonly held: Held;
}

/** Who hears of what happens to connections. */
export interface ConnectionsParts {
  /** The name that they bear. */
  readonly user: string;
  readonly onDenied: (denied: Denied) => void;
  /** What the server said over the current one; answers whether it is worth telling. */
  readonly onSaid: (thrown: unknown) => boolean;
  readonly onTrouble: (thrown: unknown) => void;
  /** The server of the current one is about to go. */
  readonly onLeaving: () => void;
}

/** Connections that are kept for their replies at once; beyond that the oldest has to go. */
const mostFormers = 8;

/** Beats say what is: twice says no more than once, and a queue group for each listener would burden a cluster. */
const repeatable = presencePrefix;

/**
 * The connections of one link: the one that everything goes over, the one that is about to follow it, and those
 * before it that replies are still to come over.
 *
 * A subscription without a queue group is made with one of its own, unlike any other's: a message that two connections
 * of the link could hear comes once to each subscription.
 */
export class Connections {
  readonly state: UpState;
  readonly outbox: Outbox;
  readonly #parts: ConnectionsParts;
  readonly #hearings = new Set<Hearing>();
  readonly #movers = new Set<Mover>();
  readonly #formers = new Set<Former>();
  #current: Connection;
  #next: Connection | undefined;
  #made = 0;
  /** Whether the next one was told something that its server may not know yet. */
  #hasMore = false;
  #turning: Promise<void> | undefined;
  /** Connections that are still read, though others have followed them. */
  #leaving = 0;

  constructor(first: Connection, parts: ConnectionsParts) {
    this.#parts = parts;
    this.#current = first;
    this.state = new UpState(parts.onTrouble);
    this.outbox = new Outbox(first.nc, () => this.state.isUp);
    this.#watch(first);
  }

  /** Whether messages come over two connections now. */
  get isMoving(): boolean {
    return this.#next !== undefined || this.#leaving > 0;
  }

  get current(): Connection {
    return this.#current;
  }

  /** Resolves when nothing is held back because of a change of connection. */
  get settled(): Promise<void> {
    return this.#turning ?? Promise.resolve();
  }

  /** Hears a subject over every connection that is, and those to come. */
  hear(subject: string, onMessage: (message: Inbound) => void, queue?: string): Listening {
    const alone = subject.startsWith(repeatable) ? undefined : `link-${randomUUID()}`;
    const hearing = new Hearing({
      ...{ subject, onMessage, queue: queue ?? alone, user: this.#parts.user },
      onTrouble: this.#parts.onTrouble,
      isUp: (nc) => this.#isUp(nc),
      onStopped: () => this.#hearings.delete(hearing),
    });
    hearing.hear(this.#current.nc);
    this.#hearings.add(hearing);
    if (this.#next !== undefined && !this.#next.nc.isClosed()) {
      this.#hasMore = true;
      hearing.hear(this.#next.nc);
    }
    return hearing;
  }

  /** Takes somebody who moves by himself; he is told of the current connection at once. */
  take(mover: Mover): void {
    mover.prepare(this.#over(this.#current.nc), this.#made);
    mover.moved();
    this.#movers.add(mover);
  }

  /**
   * Lets another connection follow the current one, and loses nothing. Throws where the new one cannot hear what the
   * old one does, and leaves the old one as it is then.
   */
  async follow(next: Connection): Promise<void> {
    const { nc } = next;
    const old = this.#current;
    this.#next = next;
    this.#hasMore = false;
    this.#watch(next);
    try {
      if (!this.state.isUp) throw lostUnderWay();
      const before = [...this.#hearings].filter((hearing) => hearing.refused === undefined);
      const anchors = this.#prepare(nc);
      const handing = handOver({
        ...{ from: old.nc, to: nc, outbox: this.outbox },
        refusal: () =>
          refusalOf(anchors) ?? before.map((hearing) => hearing.refusedOn(nc)).find(Boolean),
        hasMore: () => this.#takeMore(),
        isUp: () => this.state.isUp && this.#next === next,
        turn: () => {
          this.#turning = handing;
          this.#turn(next, old);
        },
      });
      await handing;
    } catch (error) {
      await this.#giveUp(next);
      throw error;
    } finally {
      this.#turning = undefined;
    }
  }

  /** Ends all of them; the current one's last messages are with the server before. */
  async close(): Promise<void> {
    const others = [...this.#formers].map((former) => former.close());
    if (this.#next !== undefined) others.push(this.#giveUp(this.#next));
    const { nc } = this.#current;
    await Promise.all([...others, nc.close()]);
    // A dial that was under way would keep its socket.
    cutOff(nc);
  }

  #prepare(nc: NatsConnection): Listening[] {
    this.#made++;
    const anchors = [...this.#movers].map((mover) => mover.prepare(this.#over(nc), this.#made));
    for (const hearing of this.#hearings) hearing.hear(nc);
    return anchors;
  }

  #takeMore(): boolean {
    const hasMore = this.#hasMore;
    this.#hasMore = false;
    return hasMore;
  }

  #turn(next: Connection, old: Connection): void {
    this.#current = next;
    this.#next = undefined;
    const owed = [...this.#movers].map((mover) => mover.moved());
    void this.#retire(old, owed);
  }

  /** What the old one had been sent is handed over first, then it is kept for its replies. */
  async #retire({ nc }: Connection, owed: readonly Owed[]): Promise<void> {
    const former = new Former(nc, owed, () => {
      this.#formers.delete(former);
      for (const hearing of this.#hearings) hearing.forget(nc);
    });
    this.#formers.add(former);
    const [oldest] = this.#formers;
    if (this.#formers.size > mostFormers) oldest?.lose();
    this.#leaving++;
    await this.#turning;
    await Promise.all([...this.#hearings].map((hearing) => hearing.leave(nc)));
    this.#leaving--;
    former.settle();
  }

  async #giveUp({ nc }: Connection): Promise<void> {
    this.#next = undefined;
    for (const hearing of this.#hearings) hearing.forget(nc);
    await nc.close();
    cutOff(nc);
  }

  #over(nc: NatsConnection): Subscriber {
    return {
      subscribe: (subject, onMessage) => {
        const hearing = new Hearing({
          ...{ subject, onMessage, queue: undefined, user: this.#parts.user },
          onTrouble: this.#parts.onTrouble,
          isUp: (on) => this.#isUp(on),
        });
        hearing.hear(nc);
        return hearing;
      },
    };
  }

  #isUp(nc: NatsConnection): boolean {
    return nc === this.#current.nc ? this.state.isUp : !nc.isClosed();
  }

  #watch({ nc }: Connection): void {
    const isCurrent = (): boolean => nc === this.#current.nc;
    void watch(nc, {
      up: () => {
        if (isCurrent()) this.#up(nc);
      },
      down: () => this.#down(nc),
      leave: () => {
        if (isCurrent()) this.#parts.onLeaving();
      },
      trouble: (thrown) => {
        if (!isCurrent() || this.#parts.onSaid(thrown)) this.#parts.onTrouble(thrown);
      },
      user: this.#parts.user,
      denied: this.#parts.onDenied,
    });
  }

  #up(nc: NatsConnection): void {
    // Other credentials may allow what was refused; nats.js forgets it for good.
    for (const hearing of this.#hearings) if (hearing.refusedOn(nc)) hearing.hear(nc);
    this.state.turn("up");
  }

  #down(nc: NatsConnection): void {
    if (nc === this.#current.nc) this.state.turn("down");
    for (const former of this.#formers) if (former.nc === nc) former.lose();
  }
}

function lostUnderWay(): MeshError {
  return new MeshError(MeshCode.Unavailable, "the connection was lost under way");
}
