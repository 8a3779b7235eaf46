import { eventSubject, Header, Store, StoreHeader } from "@myelin/subjects";
import { type Contract, check, checkContract, type EventKind } from "../../contract/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Signer } from "../../identity/index.ts";
import type { Link } from "../../nats/index.ts";
import {
  type Clock,
  type LargePayloads,
  type Operation,
  pause,
  randomToken,
  type TraceContext,
} from "../../pipeline/index.ts";
import { formatTraceparent, type MeshMetrics, type MeshTracer } from "../../telemetry/index.ts";
import { field, json, needle, payloadOf } from "../../wire/index.ts";
import type { Stored } from "../stored/answers.ts";
import { messageId, Signing } from "../stored/signing.ts";
import type { Headers, OutMessage, StoreAccess } from "../stored/store.ts";
import { storeMessage } from "../stored/storing.ts";
import { checkServer } from "../stored/version.ts";
import { writeCloud } from "./cloud.ts";
import { eventBody } from "./event-body.ts";
import { type PublishConfig, type PublishOptions, resolvePublish } from "./event-options.ts";
import { eventOperation } from "./event-work.ts";

/** What is known once an event is stored. */
export interface EventReceipt {
  readonly id: string;
  /** On the broker's disk: whoever follows it gets it, now or later. */
  readonly stored: true;
  /** Its place in the stream of events. */
  readonly sequence: number;
  /** Whether the same id had been published in the two minutes before: this was not stored again. */
  readonly duplicate: boolean;
}

export interface PublisherParts {
  readonly name: string;
  readonly link: Pick<Link, "isUp" | "maxPayload" | "serverVersion">;
  readonly store: StoreAccess;
  readonly claims: LargePayloads;
  readonly clock: Clock;
  readonly signer: () => Signer | undefined;
  readonly tracer: MeshTracer;
  readonly metrics: MeshMetrics;
}

/** An event to be told. */
export interface Telling {
  readonly contract: Contract;
  readonly name: string;
  readonly data: unknown;
  readonly options: PublishOptions | undefined;
  readonly trace: TraceContext | undefined;
}

/** How often, and how soon again, it is looked for what was stored before; in milliseconds. */
const mostLooks = 10;
const lookAgainMs = 200;

/** Stores the events of one agent; whoever hears them live gets them at the same time. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #signing: Signing;
  readonly #operations = new WeakMap<EventKind, Operation>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#signing = new Signing(parts.signer);
  }

  /** Resolves when the event is stored; throws when it is not, or `unknown_outcome`. */
  async publish(telling: Telling): Promise<EventReceipt> {
    const { contract, name, options } = telling;
    const kind = kindOf(contract, name);
    this.#refuseForeign(contract, name);
    checkServer(this.#parts.link.serverVersion);
    const config = resolvePublish(options);
    const { tracer, metrics, clock } = this.#parts;
    const operation = this.#operationOf(contract.name, name, kind);
    const meter = metrics.client(operation);
    const trace = tracer.startSubmit(operation, config.id, telling.trace);
    const begunAt = clock.now();
    meter.begin();
    let failure: MeshError | undefined;
    try {
      return await this.#tell({ ...telling, trace }, kind, config);
    } catch (error) {
      failure = MeshError.from(error);
      throw error;
    } finally {
      tracer.end(trace, failure);
      meter.end(failure?.code ?? "ok", clock.now() - begunAt);
    }
  }

  async #tell(
    { contract, name, data, trace }: Telling,
    kind: EventKind,
    config: PublishConfig,
  ): Promise<EventReceipt> {
    const key = `${contract.name}.${name}`;
    check(kind.data, data, MeshCode.InvalidInput, `event ${key}`);
    const about = { ...this.#parts, signal: config.signal };
    const address = { publisher: contract.name, name };
    const { payload, contentType } = await eventBody(payloadOf(json, data), address, about);
    const subject = eventSubject(address);
    const { id, at: time, subject: topic } = config;
    const signable = { kind: "event", target: "*", subject, id } as const;
    const headers: Headers = [
      ...writeCloud({ publisher: contract.name, name, id, time, subject: topic, contentType }),
      [Header.contract, contract.version],
      [Header.traceparent, trace === undefined ? undefined : formatTraceparent(trace)],
      ...(kind.signed ? await this.#signing.headers({ ...signable, contentType, payload }) : []),
    ];
    // One that nobody could know before needs no signature to be its publisher's own.
    const first = config.isNamed
      ? messageId(`event ${subject} ${id}`, this.#parts.signer())
      : randomToken();
    const put = await this.#store({ subject, payload, headers }, first, config);
    return Object.freeze({ id, stored: true, sequence: put.sequence, duplicate: put.duplicate });
  }

  #operationOf(publisher: string, name: string, kind: EventKind): Operation {
    const known = this.#operations.get(kind);
    if (known !== undefined) return known;
    const made = eventOperation(publisher, "told", { publisher, name });
    this.#operations.set(kind, made);
    return made;
  }

  /**
   * Ids of messages are shared by all publishers, and one that is heard live can be used up by another before it is
   * stored. So a duplicate is believed only where our own event is stored; else it is stored under another id.
   */
  async #store(message: OutMessage, id: string, config: PublishConfig): Promise<Stored> {
    const put = await this.#put(message, id, config);
    if (!put.duplicate || (await this.#isOurs(message.subject, id, put.sequence))) return put;
    return this.#put(message, randomToken(), config);
  }

  #put(message: OutMessage, id: string, { signal, id: event }: PublishConfig): Promise<Stored> {
    const headers: Headers = [[StoreHeader.id, id], ...message.headers];
    const what = `publishing event ${event}`;
    return storeMessage(this.#parts, { message: { ...message, headers }, signal, what });
  }

  /** Only this agent writes to its subjects: what came after shows nothing, what is missing does. */
  async #isOurs(subject: string, id: string, sequence: number): Promise<boolean> {
    const { store, clock } = this.#parts;
    for (let looked = 1; ; looked++) {
      const last = await store.last(Store.events, subject);
      if (last !== undefined && last.sequence >= sequence) {
        return last.sequence > sequence || field(last.head, messageIdNeedle) === id;
      }
      // Where there are several copies, the one that answers may be behind.
      if (looked === mostLooks) return false;
      await pause(clock, lookAgainMs);
    }
  }

  #refuseForeign(contract: Contract, name: string): void {
    if (contract.name === this.#parts.name) return;
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${contract.name}.${name} is told by ${contract.name} alone, this connection's name is ${this.#parts.name}; connect under the agent's own name`,
    );
  }
}

const messageIdNeedle = needle(StoreHeader.id);

/** Throws `invalid_argument` unless the contract declares it. */
export function kindOf(contract: Contract, name: string): EventKind {
  checkContract("event", contract);
  const { name: agent, events } = contract;
  const kind = Object.hasOwn(events, name) ? events[name] : undefined;
  if (kind !== undefined) return kind;
  const known = Object.keys(events);
  const has = known.length === 0 ? "it declares none" : `it has ${known.join(", ")}`;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `the contract of ${agent} declares no event ${JSON.stringify(name)?.slice(0, 80)}; ${has}`,
  );
}
