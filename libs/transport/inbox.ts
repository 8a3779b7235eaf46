import { filters, inboxPrefix } from "@myelin/subjects";
import type { MeshError } from "../errors/index.ts";
import type { Inbound, Link, Listening, Mover, Owed, Subscriber } from "../nats/index.ts";
import { randomToken, tokenLength } from "../pipeline/index.ts";
import { statusOf } from "../wire/index.ts";
import { isSilent } from "./way-back.ts";

/** What waits for replies under one token. */
export interface Waiting {
  receive(message: Inbound): void;
}

/**
 * The reply multiplexer: one subscription, and a token for each attempt.
 *
 * A token is 96 random bits, never a counter: whoever answers may publish into any inbox, so one that
 * could be guessed could be answered by another. The number of its slot follows, since a map of tokens that come
 * and go costs several times as much as a slot.
 *
 * Each connection of the link has an inbox of its own, so that a change of connection takes no reply away and
 * leaves the frames of a stream in order.
 */
export class Inbox implements Mover {
  readonly #tokens: (string | undefined)[] = [];
  readonly #waiting: (Waiting | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #name: string;
  readonly #instance: string;
  readonly #onLate: () => void;
  readonly #formers = new Set<ReadonlySet<string>>();
  readonly #losers = new Set<(lost: readonly Waiting[]) => void>();
  #prefix = "";
  #listening: Listening | undefined;
  #next: { readonly prefix: string; readonly listening: Listening } | undefined;

  constructor(link: Link, name: string, instance: string, onLate: () => void) {
    this.#name = name;
    this.#instance = instance;
    this.#onLate = onLate;
    link.take(this);
  }

  prepare(on: Subscriber, number: number): Listening {
    const instance = number === 0 ? this.#instance : `${this.#instance}-${number}`;
    const prefix = inboxPrefix(this.#name, instance);
    const listening = on.subscribe(filters.inbox(this.#name, instance), (message) => {
      const token = message.subject.slice(prefix.length);
      const slot = slotOf(token);
      const waiting = this.#tokens[slot] === token ? this.#waiting[slot] : undefined;
      if (waiting !== undefined) waiting.receive(message);
      // The server's own "nobody heard that" of a beat or a cancel is no reply.
      else if (statusOf(message.head) === 0 && !isSilent(message)) this.#onLate();
    });
    this.#next = { prefix, listening };
    return listening;
  }

  moved(): Owed {
    if (this.#next !== undefined) {
      this.#prefix = this.#next.prefix;
      this.#listening = this.#next.listening;
    }
    const tokens = new Set(this.#tokens.filter((token) => token !== undefined));
    const open = (): string[] => [...tokens].filter((token) => this.#isOpen(token));
    for (const former of this.#formers)
      if (![...former].some((token) => this.#isOpen(token))) this.#formers.delete(former);
    this.#formers.add(tokens);
    return {
      get isAwaited() {
        return open().length > 0;
      },
      lost: () => {
        this.#formers.delete(tokens);
        const lost = open().flatMap((token) => this.#waiting[slotOf(token)] ?? []);
        for (const listener of [...this.#losers]) listener(lost);
      },
    };
  }

  /** Hears of those whose replies will not come, for the connection that they were to come over is gone. */
  onLost(listener: (lost: readonly Waiting[]) => void): () => void {
    this.#losers.add(listener);
    return () => this.#losers.delete(listener);
  }

  /** Whether a token's reply comes over a connection that another has followed. */
  isFormer(token: string): boolean {
    for (const tokens of this.#formers) if (tokens.has(token)) return true;
    return false;
  }

  /** Opens a token; whatever comes under it goes to `waiting` until it is closed. */
  open(waiting: Waiting): string {
    const slot = this.#free.pop() ?? this.#tokens.length;
    const token = randomToken() + slot;
    this.#tokens[slot] = token;
    this.#waiting[slot] = waiting;
    return token;
  }

  /** Closes a token; a second time does nothing. */
  close(token: string): void {
    const slot = slotOf(token);
    if (this.#tokens[slot] !== token) return;
    this.#tokens[slot] = undefined;
    this.#waiting[slot] = undefined;
    this.#free.push(slot);
  }

  /** The subject that leads to a token. */
  subject(token: string): string {
    return this.#prefix + token;
  }

  /** Why the server does not let us hear it; known once a flush after the start has resolved. */
  get refused(): MeshError | undefined {
    return this.#listening?.refused;
  }

  /** Everything that waits now. */
  *[Symbol.iterator](): IterableIterator<Waiting> {
    for (const waiting of [...this.#waiting]) if (waiting !== undefined) yield waiting;
  }

  async stop(): Promise<void> {
    await this.#listening?.stop();
  }

  #isOpen(token: string): boolean {
    return this.#tokens[slotOf(token)] === token;
  }
}

/** What is no number finds no slot. */
function slotOf(token: string): number {
  return Number(token.slice(tokenLength));
}
