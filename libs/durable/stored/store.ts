import { storeApi } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Inbound, Link } from "../../nats/index.ts";
import { type Clock, type Timer, Wheel } from "../../pipeline/index.ts";
import { headLine } from "../../wire/index.ts";
import {
  type Put,
  readApi,
  readMessage,
  readPut,
  readStored,
  type Stored,
  type StoredMessage,
} from "./answers.ts";

/** The connection's reply multiplexer, as the store's answers come through it. */
export interface Replies {
  open(waiting: { receive(message: Inbound): void }): string;
  close(token: string): void;
  subject(token: string): string;
}

export interface StoreParts {
  readonly link: Pick<Link, "publish" | "isUp" | "maxPayload" | "serverVersion" | "onDenied">;
  readonly replies: Replies;
  readonly clock: Clock;
  /** How the streams' API is called there: `ownStoreApi` in the store account itself. Default: `storeApi`. */
  readonly api?: StoreApi;
}

/** What both accounts call alike, each in its own way. */
export type StoreApi = typeof storeApi;

/** A message to be stored. */
export interface OutMessage {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly headers: Headers;
}

/** What is asked of the streams' API, and for how long. */
export interface Question {
  /** As the API takes it. Default: none. */
  readonly question?: string;
  /** How long the answer may take, in milliseconds. Default: 5000. */
  readonly waitMs?: number;
}

/** Headers in the order in which they are written; undefined ones are left out. */
export type Headers = readonly (readonly [name: string, value: string | number | undefined])[];

/** How long a message that is read, and an answer of the API, may take, in milliseconds. */
const readMs = 3_000;
const answerMs = 5_000;

/** The workspace's streams over the mesh's own connection: each question has one answer, or fails in time. */
export class StoreAccess {
  readonly #parts: StoreParts;
  readonly #wheel: Wheel;
  readonly #unhear: () => void;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#wheel = new Wheel(parts.clock, tickMs);
    this.#unhear = parts.link.onDenied(({ operation, subject, error }) => {
      return operation === "publish" && this.#deny(subject, error);
    });
  }

  /** Ends what waits for its answer; twice does nothing. */
  stop(reason: MeshError): void {
    this.#unhear();
    for (const asked of this.#open()) asked.deny(reason);
    this.#wheel.clear();
  }

  /** Stores a message; throws what the store says against it, or `unknown_outcome` when it says nothing in time. */
  put({ subject, payload, headers }: OutMessage, waitMs: number): Promise<Put> {
    return this.#ask(subject, { payload, head: writeHead(headers), waitMs }, readPut);
  }

  /** The same for a message that is stored whatever was written before it. */
  store({ subject, payload, headers }: OutMessage, waitMs: number): Promise<Stored> {
    return this.#ask(subject, { payload, head: writeHead(headers), waitMs }, readStored);
  }

  /** The last message of a subject; undefined when there is none. */
  last(stream: string, subject: string, waitMs = readMs): Promise<StoredMessage | undefined> {
    const { api = storeApi } = this.#parts;
    return this.#ask(api.last(stream, subject), { payload: "", waitMs }, readMessage);
  }

  /** A question to the streams' API; throws when the store refuses it. */
  api(
    subject: string,
    { question = "", waitMs = answerMs }: Question = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    return this.#ask(subject, { payload: question, waitMs }, readApi);
  }

  /** One promise and no timer of its own: this is most of what storing a message costs us. */
  #ask<T>(subject: string, { payload, head, waitMs }: Asking, read: Read<T>): Promise<T> {
    const { link, replies } = this.#parts;
    return new Promise((resolve, reject) => {
      const asked = new OpenQuestion({
        subject,
        waitMs,
        replies,
        wheel: this.#wheel,
        read,
        resolve,
        reject,
      });
      this.#wheel.arm(asked, this.#parts.clock.now() + waitMs);
      try {
        const reply = replies.subject(asked.token);
        link.publish(
          subject,
          payload,
          head === undefined ? { reply, mayWait } : { reply, head, mayWait },
        );
      } catch (error) {
        asked.deny(error);
      }
    });
  }

  /** The server names the subject it refused, not the message: everything that was asked there. */
  #deny(subject: string, error: MeshError): boolean {
    const denied = this.#open().filter((asked) => asked.subject === subject);
    for (const asked of denied) asked.deny(error);
    return denied.length > 0;
  }

  #open(): OpenQuestion<unknown>[] {
    return this.#wheel.armed().filter((timer) => timer instanceof OpenQuestion);
  }
}

/** How much later than promised silence is noticed, at most, in milliseconds. */
const tickMs = 50;

type Read<T> = (subject: string, answer: Inbound) => T;

interface OpenQuestionParts<T> {
  readonly subject: string;
  readonly waitMs: number;
  readonly replies: Replies;
  readonly wheel: Wheel;
  readonly read: Read<T>;
  readonly resolve: (answer: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A question that waits for its answer. */
class OpenQuestion<T> implements Timer {
  readonly token: string;
  readonly #parts: OpenQuestionParts<T>;
  at = 0;
  next: Timer | undefined = undefined;
  previous: Timer | undefined = undefined;

  constructor(parts: OpenQuestionParts<T>) {
    this.#parts = parts;
    this.token = parts.replies.open(this);
  }

  get subject(): string {
    return this.#parts.subject;
  }

  receive(answer: Inbound): void {
    const { subject, read, resolve, reject } = this.#parts;
    this.#end();
    try {
      resolve(read(subject, answer));
    } catch (error) {
      reject(error);
    }
  }

  deny(error: unknown): void {
    this.#end();
    this.#parts.reject(error);
  }

  /** Nothing came in time. */
  run(): void {
    const { subject, waitMs } = this.#parts;
    const silence = `${subject}: the store said nothing within ${Math.round(waitMs)} ms`;
    this.deny(new MeshError(MeshCode.UnknownOutcome, silence));
  }

  #end(): void {
    this.#parts.wheel.disarm(this);
    this.#parts.replies.close(this.token);
  }
}

/** Questions of one turn of the event loop go in one writing. */
const mayWait = true;

interface Asking {
  readonly payload: Uint8Array | string;
  readonly head?: string;
  readonly waitMs: number;
}

/** A complete block; values are ours, or were checked before. */
export function writeHead(headers: Headers): string {
  let text = headLine;
  for (const [name, value] of headers) if (value !== undefined) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}
