import { StoreHeader, storeApi } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Inbound, Link } from "../../nats/index.ts";
import type { Clock } from "../../pipeline/index.ts";
import { headLine, json, needle, serverField, statusOf } from "../../wire/index.ts";
import { readRefusal } from "./refusals.ts";

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
export interface Letterbox {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly headers: Headers;
}

/** Headers in the order in which they are written; undefined ones are left out. */
export type Headers = readonly (readonly [name: string, value: string | number | undefined])[];

/** What the store did with a message. */
export type Put =
  | { readonly is: "stored"; readonly sequence: number; readonly duplicate: boolean }
  /** Somebody else wrote first, where nobody was to have written. */
  | { readonly is: "outdated" };

/** A message as it lies in a stream. */
export interface StoredMessage {
  readonly head: string;
  readonly payload: Uint8Array;
  readonly sequence: number;
  readonly storedAt: Date;
}

const needles = {
  sequence: needle(StoreHeader.sequence),
  storedAt: needle(StoreHeader.storedAt),
};
const noMessage = 404;
const nobodyListens = 503;

/** The workspace's streams over the mesh's own connection: each question has one answer, or fails in time. */
export class StoreAccess {
  readonly #parts: StoreParts;
  readonly #open = new Set<Asked>();
  readonly #unhear: () => void;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#unhear = parts.link.onDenied(({ operation, subject, error }) => {
      return operation === "publish" && this.#deny(subject, error);
    });
  }

  /** Ends what waits for its answer; twice does nothing. */
  stop(reason: MeshError): void {
    this.#unhear();
    for (const asked of [...this.#open]) asked.deny(reason);
  }

  /** Stores a message; throws what the store says against it, or `unknown_outcome` when it says nothing in time. */
  async put({ subject, payload, headers }: Letterbox, waitMs: number): Promise<Put> {
    const answer = await this.#ask(subject, { payload, head: writeHead(headers), waitMs });
    if (statusOf(answer.head) === nobodyListens) throw nobody(subject);
    return readPut(subject, answer.payload);
  }

  /** The last message of a subject; undefined when there is none. */
  async last(stream: string, subject: string, waitMs: number): Promise<StoredMessage | undefined> {
    const { api = storeApi } = this.#parts;
    const question = api.last(stream, subject);
    const { head, payload } = await this.#ask(question, { payload: "", waitMs });
    const status = statusOf(head);
    if (status === noMessage) return undefined;
    if (status !== 0) throw nobody(question);
    const sequence = Number(serverField(head, needles.sequence));
    const storedAt = new Date(serverField(head, needles.storedAt) ?? Number.NaN);
    return { head, payload, sequence, storedAt };
  }

  /** A question to the streams' API; throws when the store refuses it. */
  async api(
    subject: string,
    waitMs: number,
    question = "",
  ): Promise<Readonly<Record<string, unknown>>> {
    const { head, payload } = await this.#ask(subject, { payload: question, waitMs });
    if (statusOf(head) !== 0) throw nobody(subject);
    const answer = parse(subject, payload);
    const refusal = readRefusal(subject, answer);
    if (refusal === "outdated") throw unreadable(subject);
    if (refusal !== undefined) throw refusal;
    return answer;
  }

  #ask(subject: string, { payload, head, waitMs }: Asking): Promise<Inbound> {
    const { link, replies, clock } = this.#parts;
    return new Promise((resolve, reject) => {
      const asked = new Asked({ subject, replies, resolve, reject, open: this.#open });
      const late = (): void => asked.silent(waitMs);
      asked.cancel = clock.schedule(waitMs, late);
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
    const denied = [...this.#open].filter((asked) => asked.subject === subject);
    for (const asked of denied) asked.deny(error);
    return denied.length > 0;
  }
}

interface AskedParts {
  readonly subject: string;
  readonly replies: Replies;
  readonly resolve: (answer: Inbound) => void;
  readonly reject: (error: unknown) => void;
  readonly open: Set<Asked>;
}

/** A question that waits for its answer. */
class Asked {
  readonly token: string;
  readonly #parts: AskedParts;
  cancel: (() => void) | undefined;

  constructor(parts: AskedParts) {
    this.#parts = parts;
    this.token = parts.replies.open(this);
    parts.open.add(this);
  }

  get subject(): string {
    return this.#parts.subject;
  }

  receive(answer: Inbound): void {
    this.#end();
    this.#parts.resolve(answer);
  }

  deny(error: unknown): void {
    this.#end();
    this.#parts.reject(error);
  }

  silent(waitMs: number): void {
    const silence = `${this.subject}: the store said nothing within ${Math.round(waitMs)} ms`;
    this.deny(new MeshError(MeshCode.UnknownOutcome, silence));
  }

  #end(): void {
    this.cancel?.();
    this.#parts.replies.close(this.token);
    this.#parts.open.delete(this);
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

function readPut(subject: string, payload: Uint8Array): Put {
  const answer = parse(subject, payload);
  const refusal = readRefusal(subject, answer);
  if (refusal === "outdated") return { is: "outdated" };
  if (refusal !== undefined) throw refusal;
  const { seq, duplicate } = answer;
  if (typeof seq !== "number" || seq < 1) throw unreadable(subject);
  return { is: "stored", sequence: seq, duplicate: duplicate === true };
}

function parse(subject: string, payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const answer = json.decode(payload);
    if (typeof answer === "object" && answer !== null) return answer as Record<string, unknown>;
  } catch {
    // Whatever is no JSON is not the store's: the answer below says so.
  }
  throw unreadable(subject);
}

function unreadable(subject: string): MeshError {
  const detail = `${subject}: what answered is not a store; is somebody else subscribed to it?`;
  return new MeshError(MeshCode.UnknownOutcome, detail);
}

function nobody(subject: string): MeshError {
  return new MeshError(
    MeshCode.Unavailable,
    `${subject}: no stream takes it; make them with \`myelin apply\`, on a server with JetStream`,
  );
}
