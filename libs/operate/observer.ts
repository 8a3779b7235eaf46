import {
  askSubject,
  filters,
  type Presence,
  parseControlSubject,
  parsePresenceSubject,
} from "@myelin/subjects";
import { z } from "zod";
import { token } from "../contract/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Trust } from "../identity/index.ts";
import { type Inbound, type Link, type Listening, refusalOf } from "../nats/index.ts";
import { every, hexId, systemClock } from "../pipeline/index.ts";
import { Calls, type SeenCall } from "./calls.ts";
import { readJson } from "./json.ts";
import { type Answer, type Patience, Questions } from "./questions.ts";
import { SeenCards } from "./seen-cards.ts";
import { readTrace, type ServerFacts, traceHead } from "./server.ts";
import { type ServiceInfo, type ServiceStats, serviceInfo, serviceStats } from "./services.ts";

/** Who it is to the server. */
export interface Login {
  readonly name: string;
  /** Undefined: never. */
  readonly expiresAt: Date | undefined;
}

/** How many to ask for. */
export interface AskOptions {
  /** Answers that are enough; fewer are quicker, since nobody knows how many there are. Default: 100000. */
  readonly most?: number;
}

/** A sign of life of one instance. */
export interface Beat extends Presence {
  readonly agent: string;
  readonly instance: string;
}

const patience: Patience = { firstMs: 1_000, gapMs: 200, most: 100_000 };
const pings = 5;
const pingMs = 2_000;
const sweepMs = 250;

/** Sees what happens on a mesh and asks who is there; serves nothing and calls nobody. */
export class Observer implements AsyncDisposable {
  readonly #link: Link;
  readonly #questions: Questions;
  readonly #cards: SeenCards;
  readonly #stops = new Set<() => void>();
  readonly #listening = new Set<Listening>();

  /** @internal Made by `observe`. */
  constructor(link: Link, name: string, trust?: Trust) {
    this.#link = link;
    this.#questions = new Questions({ link, clock: systemClock, name, instance: hexId(8) });
    this.#cards = new SeenCards(link, this.#questions, trust);
  }

  /** Whose credentials it logged in with and until when they count; undefined where it needed none. */
  get login(): Login | undefined {
    const { credentials } = this.#link;
    if (credentials === undefined) return undefined;
    return { name: credentials.name, expiresAt: credentials.expiresAt };
  }

  /** What every instance says of itself, or every one of an agent. */
  async info(agent?: string, options?: AskOptions): Promise<ServiceInfo[]> {
    const said = await this.#ask(askSubject("INFO", named(agent)), serviceInfo, options);
    return Promise.all(
      said.map(async ({ message, ...info }) => ({
        ...info,
        ...(await this.#cards.judge(message)),
      })),
    );
  }

  /** What every instance has done, or every one of an agent. */
  async stats(agent?: string, options?: AskOptions): Promise<ServiceStats[]> {
    const said = await this.#ask(askSubject("STATS", named(agent)), serviceStats, options);
    return said.map(({ message: _message, ...stats }) => stats);
  }

  /** Asks the server for itself; throws `unavailable` when it tells nothing (older than 2.11). */
  async server(): Promise<ServerFacts> {
    let roundTripMs = Number.POSITIVE_INFINITY;
    let clockAheadMs = 0;
    let server: ReturnType<typeof readTrace>;
    for (let ping = 0; ping < pings; ping++) {
      const before = performance.now();
      const answer = await this.#questions.one(pingMs, traceHead);
      const tookMs = performance.now() - before;
      const said = answer === undefined ? undefined : readTrace(answer);
      if (said === undefined) break;
      if (tookMs >= roundTripMs) continue;
      roundTripMs = tookMs;
      clockAheadMs = said.time.getTime() + tookMs / 2 - Date.now();
      server = said;
    }
    if (server === undefined) {
      const why = "the server does not trace messages: it is older than 2.11, or forbids it";
      throw new MeshError(MeshCode.Unavailable, why, { origin: "peer" });
    }
    return {
      version: server.ver,
      name: server.name,
      jetstream: server.jetstream,
      maxPayload: this.#link.maxPayload,
      roundTripMs,
      clockAheadMs,
    };
  }

  /** Hears every beat, change and goodbye from now on, until the answer is called. */
  onBeat(listener: (beat: Beat) => void): () => void {
    return this.#listen(filters.everyPresence, (message) => {
      const address = parsePresenceSubject(message.subject);
      const said = readJson(message.payload, presence);
      if (address.ok && said !== undefined) listener({ ...address.value, ...said });
    });
  }

  /**
   * Sees every attempt of every call as it ends, until the answer is called.
   *
   * Whoever listens takes away the server's 503 for a call that nobody serves: its caller then waits until probes
   * or its deadline tell it.
   */
  onCall(listener: (call: SeenCall) => void): () => void {
    const calls = new Calls(systemClock, listener);
    const stops = [
      this.#listen(filters.everyInbox, (message) => calls.reply(message)),
      this.#listen(filters.control("*", "*"), (message) => cancel(calls, message)),
      this.#listen(filters.everyCall, (message) => calls.request(message)),
    ];
    const unsweep = every(systemClock, sweepMs, () => calls.sweep());
    return this.#own(() => {
      unsweep();
      for (const stop of stops) stop();
    });
  }

  /** Hears when the server is lost (false) and when it is back (true), until the answer is called. */
  onLink(listener: (isUp: boolean) => void): () => void {
    const stops = [this.#link.onDown(() => listener(false)), this.#link.onUp(() => listener(true))];
    return this.#own(() => {
      for (const stop of stops) stop();
    });
  }

  /** Resolves when the server knows all that is listened to; throws `permission_denied` where it may not be. */
  async flush(): Promise<void> {
    await this.#link.flush();
    const refused = refusalOf([...this.#listening]);
    if (refused !== undefined) throw refused;
  }

  async close(): Promise<void> {
    for (const stop of [...this.#stops]) stop();
    this.#cards.stop();
    await this.#link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ask<T>(
    subject: string,
    schema: z.ZodType<T>,
    options: AskOptions = {},
  ): Promise<(T & Answer)[]> {
    const most = options.most ?? patience.most;
    const answers = await this.#questions.ask(subject, { ...patience, most });
    // An answer that is none of ADR-32's is somebody else's mistake; the others count.
    return answers.flatMap(({ message, receivedAt }) => {
      const said = readJson(message.payload, schema);
      return said === undefined ? [] : [{ ...said, receivedAt, message }];
    });
  }

  #listen(subject: string, onMessage: (message: Inbound) => void): () => void {
    const listening = this.#link.subscribe(subject, onMessage);
    this.#listening.add(listening);
    return this.#own(() => {
      this.#listening.delete(listening);
      void listening.stop();
    });
  }

  #own(stop: () => void): () => void {
    const once = (): void => {
      if (this.#stops.delete(once)) stop();
    };
    this.#stops.add(once);
    return once;
  }
}

const presence = z.object({
  state: z.enum(["READY", "FULL", "DRAINING", "GONE"]),
  version: z.string(),
  load: z.number(),
  room: z.number(),
  beatMs: z.number(),
});

function named(agent: string | undefined): string | undefined {
  return agent === undefined ? undefined : token("agent name", agent);
}

const cancelling = z.object({ cancel: z.object({ token: z.string() }) });

function cancel(calls: Calls, message: Inbound): void {
  const address = parseControlSubject(message.subject);
  const said = readJson(message.payload, cancelling);
  if (address.ok && said !== undefined) calls.cancelled(address.value.caller, said.cancel.token);
}
