import { Header, type Priority, parseTaskSubject } from "@myelin/subjects";
import { cancelledBy, originOf, unwrapHead, wrappedIn } from "../../durable/index.ts";
import { field, needle } from "../../wire/index.ts";
import type { Stored } from "../stores/index.ts";

/** A task that is not done, as it lies in the queue. */
export interface Queued {
  readonly agent: string;
  readonly skill: string;
  readonly submitter: string;
  /** Undefined for a message that has none, such as a plain client's. */
  readonly id: string | undefined;
  readonly priority: Priority;
  readonly key: string | undefined;
  /** How often it was brought back. */
  readonly generation: number;
  readonly traceparent: string | undefined;
  readonly sequence: number;
  readonly storedAt: Date;
}

const needles = {
  id: needle(Header.id),
  key: needle(Header.key),
  moved: needle(Header.moved),
  traceparent: needle(Header.traceparent),
};

/** Reads a message of the queue; undefined for an order to cancel, and for what is no task. */
export function readQueued({ subject, head, sequence, storedAt }: Stored): Queued | undefined {
  const address = parseTaskSubject(subject);
  if (!address.ok) return undefined;
  const move = readMove(field(head, needles.moved));
  const origin = move === undefined ? head : unwrapHead(wrappedIn(head));
  const id = field(head, needles.id);
  if (id !== undefined && cancelledBy(id) !== undefined) return undefined;
  return {
    ...address.value,
    submitter: move?.submitter ?? address.value.submitter,
    ...{ id, sequence, storedAt, generation: move?.generation ?? 0 },
    key: field(origin, needles.key),
    traceparent: field(origin, needles.traceparent),
  };
}

/** What a moved message says of itself; who believes it is the worker's matter. */
function readMove(
  text: string | undefined,
): { readonly generation: number; readonly submitter: string | undefined } | undefined {
  if (text === undefined) return undefined;
  try {
    const said = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    const generation = Number(said?.["generation"]);
    const isReplay = said?.["why"] === "replay";
    const origin = isReplay ? undefined : originOf(String(said?.["subject"]));
    return {
      generation: Number.isSafeInteger(generation) && generation > 0 ? generation : 0,
      submitter: origin?.submitter,
    };
  } catch {
    // It will end in the dead letters.
    return { generation: 0, submitter: undefined };
  }
}
