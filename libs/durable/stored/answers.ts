import { StoreHeader } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Inbound } from "../../nats/index.ts";
import { json, needle, serverField, statusOf } from "../../wire/index.ts";
import { readRefusal } from "./refusals.ts";

/** What the store did with a message. */
export type Put =
  | { readonly is: "stored"; readonly sequence: number; readonly duplicate: boolean }
  /** Somebody else wrote first, where nobody was to have written. */
  | { readonly is: "outdated" };

export type Stored = Extract<Put, { is: "stored" }>;

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

/** What the store says of a message that was put there; throws what it says against it. */
export function readPut(subject: string, { head, payload }: Inbound): Put {
  if (statusOf(head) === nobodyListens) throw nobody(subject);
  const answer = parse(subject, payload);
  const refusal = readRefusal(subject, answer);
  if (refusal === "outdated") return { is: "outdated" };
  if (refusal !== undefined) throw refusal;
  const { seq, duplicate } = answer;
  if (typeof seq !== "number" || seq < 1) throw unreadable(subject);
  return { is: "stored", sequence: seq, duplicate: duplicate === true };
}

/** The same of a message that nothing can outdate. */
export function readStored(subject: string, answer: Inbound): Stored {
  const put = readPut(subject, answer);
  if (put.is === "stored") return put;
  throw new MeshError(MeshCode.Internal, `${subject}: refused as outdated`);
}

/** The last message of a subject. */
export function readMessage(
  subject: string,
  { head, payload }: Inbound,
): StoredMessage | undefined {
  const status = statusOf(head);
  if (status === noMessage) return undefined;
  if (status !== 0) throw nobody(subject);
  const sequence = Number(serverField(head, needles.sequence));
  const storedAt = new Date(serverField(head, needles.storedAt) ?? Number.NaN);
  return { head, payload, sequence, storedAt };
}

/** An answer of the streams' API; throws when it is a refusal. */
export function readApi(
  subject: string,
  { head, payload }: Inbound,
): Readonly<Record<string, unknown>> {
  if (statusOf(head) !== 0) throw nobody(subject);
  const answer = parse(subject, payload);
  const refusal = readRefusal(subject, answer);
  if (refusal === "outdated") throw unreadable(subject);
  if (refusal !== undefined) throw refusal;
  return answer;
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
    `${subject}: no stream takes it now: its servers are down, or it is not there; \`myelin doctor\` tells which, \`myelin apply\` makes it on a server with JetStream`,
    { reason: "no_stream" },
  );
}
