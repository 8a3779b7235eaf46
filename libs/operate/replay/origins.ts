import { Header } from "@myelin/subjects";
import { unwrapHead, wrappedIn } from "../../durable/index.ts";
import { field, needle } from "../../wire/index.ts";
import { joined } from "./joining.ts";
import type { StreamMessage } from "./reader.ts";
import { errorIn, type Recorded, recordedOf } from "./recorded.ts";
import type { ReplaySource } from "./selection.ts";
import { buried, whoseIs } from "./whose.ts";

/** What the messages of a source are copies of, in their order; what keeps to no grammar is left out. */
export function originals(
  from: ReplaySource,
  messages: AsyncIterable<StreamMessage>,
): AsyncIterable<Recorded> {
  return from === "records" ? joined(messages) : each(messages, from === "dead" ? dead : stored);
}

async function* each(
  messages: AsyncIterable<StreamMessage>,
  read: (message: StreamMessage) => Recorded | undefined,
): AsyncGenerator<Recorded, void> {
  for await (const message of messages) {
    const recorded = read(message);
    if (recorded !== undefined) yield recorded;
  }
}

/** A task that waits, a result, an event: it lies there as it was published. */
function stored(message: StreamMessage): Recorded | undefined {
  const { subject, head, storedAt: at } = message;
  const whose = whoseIs(subject);
  if (whose === undefined) return undefined;
  // A result's subject does not name the skill.
  const isResult = whose.is === "result";
  const own = isResult ? { ...whose, skill: field(head, skillNeedle) ?? "" } : whose;
  return recordedOf({ is: whose.is, message, subject, whose: own, head, at });
}

const skillNeedle = needle(Header.skill);

const facts = needle(Header.dead);

/** What died, as it was while it lived; its answer is why. */
function dead(message: StreamMessage): Recorded | undefined {
  const about = buried(message.subject);
  const read = factsIn(field(message.head, facts));
  const whose = read.subject === undefined ? undefined : whoseIs(read.subject);
  if (about === undefined || whose === undefined || read.subject === undefined) return undefined;
  const { head, payload, storedAt } = message;
  const at = read.storedAt === undefined ? storedAt : new Date(read.storedAt);
  const error = errorIn({ head, payload });
  return recordedOf({
    ...{ is: whose.is, message, subject: read.subject, whose, at },
    head: unwrapHead(wrappedIn(head)),
    cutFrom: read.cutFrom,
    answer: { frames: [], skipped: 0, error, tookMs: 0 },
  });
}

interface DeadFacts {
  readonly subject?: string;
  readonly storedAt?: string;
  readonly cutFrom?: number;
}

/** Whoever may write there wrote it: what is not as it should be says nothing. */
function factsIn(text: string | undefined): DeadFacts {
  try {
    const { subject, storedAt, cutFrom } = JSON.parse(text ?? "{}") as Readonly<
      Record<string, unknown>
    >;
    return {
      ...(typeof subject === "string" ? { subject } : {}),
      ...(typeof storedAt === "string" && !Number.isNaN(Date.parse(storedAt)) ? { storedAt } : {}),
      ...(typeof cutFrom === "number" ? { cutFrom } : {}),
    };
  } catch {
    // Not JSON.
    return {};
  }
}
