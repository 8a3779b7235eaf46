import { inboxPrefix } from "@myelin/subjects";
import type { Inbound, Link, Listening, Mover, Owed, Subscriber } from "../nats/index.ts";
import { type Clock, randomToken } from "../pipeline/index.ts";
import { statusOf } from "../wire/index.ts";

/** How long to wait for answers from nobody knows how many. */
export interface Patience {
  /** For the first answer, in milliseconds. */
  readonly firstMs: number;
  /** For another one after each, in milliseconds. */
  readonly gapMs: number;
  /** Answers that are enough. */
  readonly most: number;
}

/** A message, and when it came by the time of day. */
export interface Answer {
  readonly message: Inbound;
  readonly receivedAt: Date;
}

/** Who asks, over which connection. */
export interface QuestionsParts {
  readonly link: Link;
  readonly clock: Clock;
  readonly name: string;
  readonly instance: string;
}

const nothing = new Uint8Array(0);

/** A timer that comes later than this, in milliseconds, tells that this process had no turn. */
const starvedMs = 50;
/** How often it then waits anew: a process without a turn for long must end as well. */
const mostRenewals = 3;

/**
 * Asks a subject and gathers what comes back, in an inbox of its own.
 *
 * Each connection of the link has one: the server tells nobody in a queue group, which other subscriptions of a link
 * are in, that no one listens.
 */
export class Questions implements Mover {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #instance: string;
  readonly #open = new Map<string, (message: Inbound) => void>();
  #prefix = "";
  #next = "";

  constructor({ link, clock, name, instance }: QuestionsParts) {
    this.#link = link;
    this.#clock = clock;
    this.#name = name;
    this.#instance = instance;
    link.take(this);
  }

  prepare(on: Subscriber, number: number): Listening {
    const instance = number === 0 ? this.#instance : `${this.#instance}-${number}`;
    const prefix = inboxPrefix(this.#name, instance);
    this.#next = prefix;
    return on.subscribe(`${prefix}*`, (message) => {
      this.#open.get(message.subject.slice(prefix.length))?.(message);
    });
  }

  moved(): Owed {
    this.#prefix = this.#next;
    const asked = [...this.#open.keys()];
    const isOpen = (token: string): boolean => this.#open.has(token);
    return {
      get isAwaited() {
        return asked.some(isOpen);
      },
      // Whoever asked waits no longer than his patience.
      lost: () => {},
    };
  }

  /** All answers to one question; none when nobody listens. Throws `permission_denied` where it may not be asked. */
  ask(
    subject: string,
    patience: Patience,
    payload: Uint8Array | string = nothing,
  ): Promise<Answer[]> {
    return this.#gather(patience, (reply) => {
      this.#link.publish(subject, payload, { reply });
      return subject;
    });
  }

  /** The first message that arrives on the inbox which `put` is given. */
  async one(firstMs: number, put: (inbox: string) => string): Promise<Inbound | undefined> {
    const patience = { firstMs, gapMs: 0, most: 1 };
    const found = await this.#gather(patience, (inbox) => {
      this.#link.publish(inbox, nothing, { head: put(inbox) });
      return inbox;
    });
    return found[0]?.message;
  }

  /** `send` answers with the subject that it asked. */
  #gather(patience: Patience, send: (inbox: string) => string): Promise<Answer[]> {
    const token = randomToken();
    const found: Answer[] = [];
    return new Promise((resolve, reject) => {
      const done = (): void => {
        cancel();
        unhear();
        this.#open.delete(token);
        resolve(found);
      };
      let asked = "";
      const unhear = this.#link.onDenied(({ operation, subject, error }) => {
        if (operation !== "publish" || subject !== asked) return false;
        reject(error);
        done();
        return true;
      });
      const wait = (ms: number, renewals = mostRenewals): (() => void) => {
        const dueAt = this.#clock.now() + ms;
        return this.#clock.schedule(ms, () => {
          // What this very process slept through says nothing about those who were asked.
          const wasStarved = this.#clock.now() - dueAt > starvedMs;
          if (wasStarved && renewals > 0) cancel = wait(ms, renewals - 1);
          else done();
        });
      };
      let cancel = wait(patience.firstMs);
      this.#open.set(token, (message) => {
        if (statusOf(message.head) === 503) return done();
        found.push({ message, receivedAt: new Date() });
        if (found.length >= patience.most) return done();
        cancel();
        cancel = wait(patience.gapMs);
      });
      try {
        asked = send(`${this.#prefix}${token}`);
      } catch (error) {
        reject(error);
        done();
      }
    });
  }
}
