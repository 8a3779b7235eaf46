import { Header } from "@myelin/subjects";
import { readDead, unwrapHead, wrappedIn } from "../../durable/index.ts";
import { field, needle } from "../../wire/index.ts";
import type { StreamMessage } from "../stores/index.ts";
import { joined } from "./joining.ts";
import { errorIn, type Recorded, recordedOf } from "./recorded.ts";
import type { ReplaySource } from "./selection.ts";
import { isLetter, whoseIs } from "./whose.ts";

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

/** What died, as it was while it lived; its answer is why. */
function dead(message: StreamMessage): Recorded | undefined {
  const { head, payload } = message;
  const facts = readDead(head);
  const whose = facts === undefined ? undefined : whoseIs(facts.subject);
  if (facts === undefined || whose === undefined || !isLetter(message.subject)) return undefined;
  const { subject, storedAt, cutFrom } = facts;
  return recordedOf({
    ...{ is: whose.is, message, subject, whose, cutFrom, at: new Date(storedAt) },
    head: unwrapHead(wrappedIn(head)),
    answer: { frames: [], skipped: 0, error: errorIn({ head, payload }), tookMs: 0 },
  });
}
