import {
  anyInbox,
  nanosecondsPerMs,
  type ServiceVerb,
  serviceSubjects,
  serviceTypes,
  serviceVerbs,
} from "@myelin/subjects";
import type { MeshError } from "../errors/index.ts";
import type { Link } from "./link.ts";
import { type Listening, refusalOf } from "./listening.ts";
import type { Inbound } from "./message.ts";

/** One subject that a service answers: for an agent, one skill. */
export interface ServiceEndpoint {
  readonly name: string;
  readonly subject: string;
  readonly queueGroup: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What an endpoint has done since the start. */
export interface ServiceCounts {
  readonly requests: number;
  readonly errors: number;
  /** Of all requests together, in milliseconds. */
  readonly processingMs: number;
  /** Anything else worth telling. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Signs what INFO answers. */
export interface CardSigner {
  /** Who signs now: when that is another, the answer is written anew. */
  readonly current: unknown;
  /** The document with what signs it. */
  sign(document: Json): Json;
}

/** A service as the tools of NATS see it. */
export interface ServicesParts {
  readonly link: Link;
  readonly name: string;
  readonly instance: string;
  /** Strictly semantic. */
  readonly version: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly endpoints: readonly ServiceEndpoint[];
  /** Asked for each endpoint when somebody wants STATS. */
  readonly counts: (endpoint: string) => ServiceCounts;
  /** Signs INFO. Default: nobody. */
  readonly signer?: CardSigner;
  /** Hears of questions that are not answered, and why. */
  readonly onRefused?: (reason: string) => void;
}

type Json = Readonly<Record<string, unknown>>;

const nothing = new Uint8Array(0);

/**
 * Answers `$SRV.PING`, `INFO` and `STATS` as ADR-32 has it, so that `nats micro` shows every agent.
 *
 * Answers within the callback of the message, never behind a handler, and only into inboxes: whoever answers
 * lends its right to publish to whoever asks (SECURITY).
 */
export class Services {
  readonly #parts: ServicesParts;
  readonly #started = new Date();
  readonly #ping: Uint8Array;
  #info: Uint8Array = nothing;
  #briefInfo: Uint8Array = nothing;
  #signedBy: unknown;
  #listening: readonly Listening[] = [];

  constructor(parts: ServicesParts) {
    this.#parts = parts;
    this.#ping = encode(this.#document("PING", {}));
    this.#write();
  }

  start(): void {
    if (this.#listening.length > 0) return;
    const { link, name, instance } = this.#parts;
    this.#listening = serviceVerbs.flatMap((verb) =>
      serviceSubjects(verb, name, instance).map((subject) =>
        link.subscribe(subject, (message) => this.#answer(verb, message)),
      ),
    );
  }

  /** Why the server does not let it be asked; known once a flush after the start has resolved. */
  get refused(): MeshError | undefined {
    return refusalOf(this.#listening);
  }

  async stop(): Promise<void> {
    const listening = this.#listening;
    this.#listening = [];
    await Promise.all(listening.map((one) => one.stop()));
  }

  #answer(verb: ServiceVerb, { reply }: Inbound): void {
    const { link, onRefused } = this.#parts;
    if (reply.startsWith(anyInbox)) link.publish(reply, this.#payload(verb));
    else onRefused?.("reply_subject");
  }

  #payload(verb: ServiceVerb): Uint8Array {
    if (verb === "PING") return this.#ping;
    if (verb === "STATS") return encode(this.#stats());
    if (this.#parts.signer !== undefined && this.#parts.signer.current !== this.#signedBy) {
      this.#write();
    }
    // Schemas of many skills may not fit into one message; without them the agent is seen at least.
    return this.#info.length <= this.#parts.link.maxPayload ? this.#info : this.#briefInfo;
  }

  #write(): void {
    const { signer } = this.#parts;
    const sign = (document: Json): Json => signer?.sign(document) ?? document;
    this.#signedBy = signer?.current;
    this.#info = encode(sign(this.#infoWith(({ metadata }) => metadata)));
    this.#briefInfo = encode(sign(this.#infoWith(() => null)));
  }

  #infoWith(metadataOf: (endpoint: ServiceEndpoint) => ServiceEndpoint["metadata"] | null): Json {
    const { description, endpoints } = this.#parts;
    return this.#document("INFO", {
      description,
      endpoints: endpoints.map((endpoint) => ({
        ...placeOf(endpoint),
        metadata: metadataOf(endpoint),
      })),
    });
  }

  #stats(): Json {
    const { endpoints, counts } = this.#parts;
    return this.#document("STATS", {
      started: this.#started.toISOString(),
      endpoints: endpoints.map((endpoint) => ({
        ...placeOf(endpoint),
        ...figures(counts(endpoint.name)),
      })),
    });
  }

  #document(verb: ServiceVerb, rest: Json): Json {
    const { name, instance, version, metadata } = this.#parts;
    return { type: serviceTypes[verb], name, id: instance, version, metadata, ...rest };
  }
}

function placeOf({ name, subject, queueGroup }: ServiceEndpoint): Json {
  return { name, subject, queue_group: queueGroup };
}

function figures({ requests, errors, processingMs, data }: ServiceCounts): Json {
  return {
    num_requests: whole(requests),
    num_errors: whole(errors),
    // The schema demands it, and `nats micro stats` gives up on the first answer without.
    last_error: "",
    processing_time: nanoseconds(processingMs),
    average_processing_time: requests > 0 ? nanoseconds(processingMs / requests) : 0,
    ...(data === undefined ? {} : { data }),
  };
}

function nanoseconds(ms: number): number {
  return whole(ms * nanosecondsPerMs);
}

/** The schema takes integers only. */
function whole(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.round(value), Number.MAX_SAFE_INTEGER) : 0;
}

function encode(document: Json): Uint8Array {
  return Buffer.from(JSON.stringify(document));
}
