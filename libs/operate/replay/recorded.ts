import { ContentType, Header } from "@myelin/subjects";
import { readEventId } from "../../durable/index.ts";
import type { MeshError } from "../../errors/index.ts";
import type { Replay } from "../../pipeline/index.ts";
import { parseTraceparent } from "../../telemetry/index.ts";
import {
  field,
  isErrorHead,
  json,
  needle,
  readClaim,
  readContentType,
  readError,
  readReplay,
} from "../../wire/index.ts";
import type { StreamMessage } from "../stores/index.ts";
import type { Kind, Whose } from "./whose.ts";

/** Part of an answer, as it crossed. */
export interface RecordedFrame {
  readonly head: string;
  readonly payload: Uint8Array;
}

/** What came of it. */
export interface RecordedAnswer {
  /** One, or those of a stream. */
  readonly frames: readonly RecordedFrame[];
  /** Frames that were not recorded. */
  readonly skipped: number;
  readonly error: MeshError | undefined;
  readonly tookMs: number;
}

/** Something that was done once, as the mesh keeps it. */
export interface Recorded {
  readonly is: Kind;
  readonly stream: StreamMessage["stream"];
  readonly sequence: number;
  readonly storedAt: Date;
  /** When it came to who did it, as far as that is known. */
  readonly at: Date;
  /** Where it was published first. */
  readonly subject: string;
  /** Whose skill it is; of an event, who published it. */
  readonly agent: string;
  /** Of an event, its name. */
  readonly skill: string;
  readonly caller: string;
  /** Of an event, what its publisher named it. */
  readonly id: string | undefined;
  readonly attempt: number;
  readonly traceId: string | undefined;
  readonly timeoutMs: number | undefined;
  /** The headers as they were, one block. */
  readonly head: string;
  readonly payload: Uint8Array;
  readonly contentType: string;
  /** Whether it was answered with frames. */
  readonly streams: boolean;
  /** Undefined where none was recorded. */
  readonly answer: RecordedAnswer | undefined;
  /** What it is a replay of; undefined for what was asked in earnest. */
  readonly replay: Replay | undefined;
  /** Why it cannot be done once more; undefined where it can. */
  readonly unfit: string | undefined;
}

const needles = {
  id: needle(Header.id),
  attempt: needle(Header.attempt),
  credit: needle(Header.credit),
  timeout: needle(Header.timeout),
  traceparent: needle(Header.traceparent),
  replay: needle(Header.replay),
};

/** What every kind of it is made of. */
export interface Original {
  readonly is: Kind;
  readonly message: StreamMessage;
  readonly subject: string;
  readonly whose: Whose;
  readonly head: string;
  readonly at: Date;
  readonly cutFrom?: number | undefined;
  readonly answer?: RecordedAnswer | undefined;
  readonly streams?: boolean;
}

/** One that was stored, from what is known of it. */
export function recordedOf(original: Original): Recorded {
  const { is, message, subject, whose, head, at, cutFrom, answer, streams } = original;
  const { stream, sequence, storedAt, payload } = message;
  const contentType = readContentType(head) ?? ContentType.json;
  const timeoutMs = Number(field(head, needles.timeout) ?? Number.NaN);
  // One literal: a million of them are made in a row.
  return {
    is,
    stream,
    sequence,
    storedAt,
    at,
    subject,
    agent: whose.agent,
    skill: whose.skill,
    caller: whose.caller,
    id: is === "event" ? readEventId(head, payload) : field(head, needles.id),
    attempt: Number(field(head, needles.attempt) ?? 1) || 1,
    traceId: parseTraceparent(field(head, needles.traceparent))?.traceId,
    timeoutMs: timeoutMs > 0 ? timeoutMs : undefined,
    head,
    payload,
    contentType,
    streams: streams ?? field(head, needles.credit) !== undefined,
    answer,
    replay: markIn(head),
    unfit: unfit(contentType, payload, cutFrom),
  };
}

/** The error that an answer is; undefined for one that is none. */
export function errorIn({ head, payload }: RecordedFrame): MeshError | undefined {
  return isErrorHead(head) ? readError(head, () => decoded(payload)) : undefined;
}

function markIn(head: string): Replay | undefined {
  const text = field(head, needles.replay);
  if (text === undefined) return undefined;
  try {
    return readReplay(text);
  } catch {
    // It was refused for that when it came.
    return { stream: "?", sequence: 0, onward: false };
  }
}

function unfit(type: string, payload: Uint8Array, cutFrom: number | undefined): string | undefined {
  if (cutFrom !== undefined) {
    return `only the first ${payload.length} of its ${cutFrom} bytes were recorded`;
  }
  const inner = type === ContentType.claim ? typeClaimed(payload) : type;
  if (inner === undefined) return "its claim to a large payload cannot be read";
  return inner.startsWith(ContentType.sealed)
    ? "it is sealed for the agent that it was sent to"
    : undefined;
}

/** What a large payload is written in. */
function typeClaimed(payload: Uint8Array): string | undefined {
  try {
    return readClaim(payload).contentType.toLowerCase();
  } catch {
    // Whoever sent it was told so.
    return undefined;
  }
}

function decoded(payload: Uint8Array): unknown {
  try {
    return json.decode(payload);
  } catch {
    // Data that cannot be read says nothing; the code and the text do.
    return undefined;
  }
}
