import { Header, maxHeaderBytes, recordSubject } from "@myelin/subjects";
import { z } from "zod";
import { wrapHead } from "../dead/origin.ts";
import type { OutMessage } from "../stored/store.ts";

/** What a copy is of. It crosses the wire as JSON. */
export interface RecordFacts {
  /** The same on a call and its answers. */
  readonly id: string;
  readonly part: "call" | "answer";
  /** As what it came: a question that somebody waits for, or a stored task. */
  readonly is: "call" | "task";
  /** Of what came; absent on an answer. */
  readonly subject?: string;
  /** When it came, or went. */
  readonly at: string;
  /** Of an answer: its place among the frames of a stream, from 0. */
  readonly index?: number;
  /** Of an answer: nothing comes after it. */
  readonly last?: true;
  /** Of an answer: since the call came, in milliseconds. */
  readonly tookMs?: number;
  /** Frames before this one that were not copied. */
  readonly skipped?: number;
  /** Bytes of the payload, where the copy has only the first of them. */
  readonly cutFrom?: number;
}

/** Something to be copied, as it crossed. */
export interface Piece {
  readonly agent: string;
  readonly skill: string;
  readonly facts: RecordFacts;
  readonly head: string;
  readonly payload: Uint8Array | string;
}

/** A token that says on whose behalf somebody asks is good until it expires: no copy has it. */
const secret = new RegExp(`\\r\\n${Header.onBehalf}:[^\\r\\n]*`, "g");

/** Room for what a copy says beside the original's headers. */
const factsBytes = 1_024;

/** The copy: the payload's bytes as they crossed, the headers under `Origin-`. Too large a payload is cut, and says so. */
export function recordOf(
  { agent, skill, facts, head, payload }: Piece,
  mostBytes: number,
): OutMessage {
  const most = mostBytes - maxHeaderBytes / 2 - factsBytes;
  const size = Buffer.byteLength(payload);
  const isCut = size > most;
  const told: RecordFacts = isCut ? { ...facts, cutFrom: size } : facts;
  return {
    subject: recordSubject({ agent, skill }),
    payload: isCut ? bytesOf(payload).subarray(0, most) : payload,
    headers: [
      [Header.record, JSON.stringify(told)],
      ...(head === "" ? [] : wrapHead(head.replace(secret, ""))),
    ],
  };
}

/** Reads what a copy says of itself; undefined for what is no copy. */
export function readRecordFacts(text: string | undefined): RecordFacts | undefined {
  if (text === undefined || text.length > factsBytes) return undefined;
  try {
    const read = facts.safeParse(JSON.parse(text));
    return read.success ? (read.data as RecordFacts) : undefined;
  } catch {
    // Not JSON.
    return undefined;
  }
}

const count = z.int().min(0);

const facts = z.object({
  id: z.string().min(1).max(64),
  part: z.enum(["call", "answer"]),
  is: z.enum(["call", "task"]),
  subject: z.string().max(512).optional(),
  at: z.iso.datetime(),
  index: count.optional(),
  last: z.literal(true).optional(),
  tookMs: z.number().min(0).optional(),
  skipped: count.optional(),
  cutFrom: count.optional(),
});

function bytesOf(payload: Uint8Array | string): Uint8Array {
  return typeof payload === "string" ? Buffer.from(payload) : payload;
}
