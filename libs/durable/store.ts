import { StoreHeader, storeApi } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound, Link } from "../nats/index.ts";
import type { Clock } from "../pipeline/index.ts";
import { field, headLine, needle, statusOf } from "../wire/index.ts";
import { readRefusal } from "./refusals.ts";

/** The connection's reply multiplexer, as the store's answers come through it. */
export interface Replies {
  open(waiting: { receive(message: Inbound): void }): string;
  close(token: string): void;
  subject(token: string): string;
}

export interface StoreParts {
  readonly link: Pick<Link, "publish" | "isUp" | "maxPayload" | "serverVersion">;
  readonly replies: Replies;
  readonly clock: Clock;
}

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

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** Stores a message; throws what the store says against it, or `unknown_outcome` when it says nothing in time. */
  async put({ subject, payload, headers }: Letterbox, waitMs: number): Promise<Put> {
    const answer = await this.#ask(subject, { payload, head: writeHead(headers), waitMs });
    if (statusOf(answer.head) === nobodyListens) throw nobody(subject);
    return readPut(subject, answer.payload);
  }

  /** The last message of a subject; undefined when there is none. */
  async last(stream: string, subject: string, waitMs: number): Promise<StoredMessage | undefined> {
    const question = storeApi.last(stream, subject);
    const { head, payload } = await this.#ask(question, { payload: "", waitMs });
    const status = statusOf(head);
    if (status === noMessage) return undefined;
    if (status !== 0) throw nobody(question);
    const sequence = Number(field(head, needles.sequence));
    const storedAt = new Date(field(head, needles.storedAt) ?? Number.NaN);
    return { head, payload, sequence, storedAt };
  }

  /** A question to the streams' API; throws when the store refuses it. */
  async api(subject: string, waitMs: number): Promise<Readonly<Record<string, unknown>>> {
    const { head, payload } = await this.#ask(subject, { payload: "", waitMs });
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
      const end = (): void => {
        cancel();
        replies.close(token);
      };
      const token = replies.open({
        receive(message) {
          end();
          resolve(message);
        },
      });
      const cancel = clock.schedule(waitMs, () => {
        replies.close(token);
        const silence = `${subject}: the store said nothing within ${Math.round(waitMs)} ms`;
        reject(new MeshError(MeshCode.UnknownOutcome, silence));
      });
      try {
        const out = { reply: replies.subject(token), mayWait: true };
        link.publish(subject, payload, head === undefined ? out : { ...out, head });
      } catch (error) {
        end();
        reject(error);
      }
    });
  }
}

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
    const answer: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
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
