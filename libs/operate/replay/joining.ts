import { Header, parseRecordSubject } from "@myelin/subjects";
import { type RecordFacts, readRecordFacts, unwrapHead, wrappedIn } from "../../durable/index.ts";
import { field, needle, readFrames, statusOf } from "../../wire/index.ts";
import type { StreamMessage } from "../stores/index.ts";
import { errorIn, type Recorded, type RecordedFrame, recordedOf } from "./recorded.ts";
import { whoseIs } from "./whose.ts";

/** A call whose answer has not come by, or not all of it. */
interface Open {
  readonly message: StreamMessage;
  readonly facts: RecordFacts;
  readonly frames: RecordedFrame[];
  skipped: number;
  tookMs: number;
  bytes: number;
  isOver: boolean;
}

/** Calls that may wait for their answers at once; the oldest goes without. */
const mostOpen = 2_000;
const mostOpenBytes = 67_108_864;
const facts = needle(Header.record);

/**
 * Joins copies of calls with the copies of their answers, in the order in which the calls came.
 *
 * What is kept meanwhile is bounded: a call whose answer does not come by in time is told without one. An agent's
 * copies are its own word, so they are joined with its own only, and tell of its own skills only.
 */
export async function* joined(
  messages: AsyncIterable<StreamMessage>,
): AsyncGenerator<Recorded, void> {
  const open = new Map<string, Open>();
  let bytes = 0;
  function* close(isWaiting: (first: Open) => boolean): Generator<Recorded, void> {
    for (const [key, first] of open) {
      // In order: what came later waits for what came first.
      if (isWaiting(first)) return;
      open.delete(key);
      bytes -= first.bytes;
      const recorded = closed(first);
      if (recorded !== undefined) yield recorded;
    }
  }
  for await (const message of messages) {
    const read = readRecordFacts(field(message.head, facts));
    if (read === undefined) continue;
    const key = `${message.subject} ${read.id}`;
    const known = open.get(key);
    if (read.part === "answer") bytes += known === undefined ? 0 : answer(known, read, message);
    else if (known === undefined) {
      open.set(key, opened(message, read));
      bytes += sizeOf(message);
    }
    const hasRoom = (): boolean => open.size <= mostOpen && bytes <= mostOpenBytes;
    yield* close((first) => !first.isOver && hasRoom());
  }
  yield* close(() => false);
}

function opened(message: StreamMessage, read: RecordFacts): Open {
  const bytes = sizeOf(message);
  return { message, facts: read, frames: [], skipped: 0, tookMs: 0, bytes, isOver: false };
}

/** Adds to an answer; how many bytes that takes. */
function answer(
  open: Open,
  { last, skipped, tookMs }: RecordFacts,
  message: StreamMessage,
): number {
  const bytes = sizeOf(message);
  open.frames.push({ head: originOf(message), payload: message.payload });
  open.bytes += bytes;
  open.skipped = skipped ?? open.skipped;
  open.tookMs = tookMs ?? 0;
  open.isOver = last === true;
  return bytes;
}

function sizeOf({ head, payload }: StreamMessage): number {
  return head.length + payload.length;
}

function closed({ message, facts, frames, skipped, tookMs }: Open): Recorded | undefined {
  const { subject = "", at, cutFrom } = facts;
  const whose = whoseIs(subject);
  const own = parseRecordSubject(message.subject);
  if (whose === undefined || !own.ok || whose.is !== facts.is) return undefined;
  if (own.value.agent !== whose.agent || own.value.skill !== whose.skill) return undefined;
  const head = originOf(message);
  const last = frames.at(-1);
  const error = last === undefined ? undefined : errorIn(last);
  // A stream ends with a message that is no frame, as what fails does.
  const isEnd = last !== undefined && readFrames(last.head) !== undefined;
  const streams = isEnd || field(head, credit) !== undefined;
  const shown = isEnd || error !== undefined ? frames.slice(0, -1) : frames;
  return recordedOf({
    ...{ is: facts.is, message, subject, whose, head, cutFrom, streams },
    at: new Date(at),
    answer: last === undefined ? undefined : { frames: shown, skipped, error, tookMs },
  });
}

const credit = needle(Header.credit);

function originOf({ head }: StreamMessage): string {
  // A status is the server's word, and none of it is a copy.
  return statusOf(head) === 0 ? unwrapHead(wrappedIn(head)) : "";
}
