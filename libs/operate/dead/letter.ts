import { Header, parseDeadSubject } from "@myelin/subjects";
import {
  type DeadFacts,
  type Original,
  readDead,
  readEventId,
  unwrapHead,
  wrappedIn,
} from "../../durable/index.ts";
import { field, needle } from "../../wire/index.ts";
import type { Stored } from "../stores/index.ts";
import type { Marker } from "./marker.ts";

/** What a dead letter is of. */
export type DeadKind = "task" | "event";

/** A dead letter, and what became of it. */
export interface DeadLetter {
  readonly kind: DeadKind;
  /** Whose it was to do; of an event, who follows it. */
  readonly agent: string;
  /** Which skill; of an event, the subscription's name. */
  readonly skill: string;
  /** The task's id; of a message that has none `seq-<its sequence>`; of an event its place. */
  readonly task: string;
  /** Of an event: what its publisher named it, where that can be read. */
  readonly eventId: string | undefined;
  /** How often it had been brought back before it died. */
  readonly generation: number;
  /** The error code that it died of. */
  readonly cause: string;
  /** The same for people. */
  readonly reason: string;
  readonly at: Date;
  readonly facts: DeadFacts;
  /** The message as it was: bytes and headers. */
  readonly original: Original;
  /** Where the letter lies. */
  readonly subject: string;
  readonly sequence: number;
  /** Where it was brought to, and whether it was dropped. */
  readonly markers: readonly Marker[];
}

const needles = { error: needle(Header.error), reason: needle(Header.serviceError) };

/** A dead letter by itself, before it is looked what became of it. */
export type BareLetter = Omit<DeadLetter, "markers">;

/** Reads a dead letter; undefined for a message that is none. */
export function readLetter(stored: Stored): BareLetter | undefined {
  const address = parseDeadSubject(stored.subject);
  const facts = readDead(stored.head);
  if (!address.ok || facts === undefined) return undefined;
  const { kind, agent, skill, task, generation } = address.value;
  if (kind !== "task" && kind !== "event") return undefined;
  const { subject, sequence, storedAt: at, payload } = stored;
  const reason = Buffer.from(field(stored.head, needles.reason) ?? "", "latin1").toString("utf8");
  const head = unwrapHead(wrappedIn(stored.head));
  return {
    ...{ kind, agent, skill, task, generation, at, facts, reason, subject, sequence },
    eventId: kind === "event" ? readEventId(head, payload) : undefined,
    cause: field(stored.head, needles.error) ?? "",
    original: {
      ...{ subject: facts.subject, sequence: facts.sequence, head, payload },
      storedAt: new Date(facts.storedAt),
    },
  };
}

/** Where a letter stands: `open` until it is brought back to its own agent, or dropped. */
export function stateOf({
  markers,
  agent,
}: Pick<DeadLetter, "markers" | "agent">): "open" | "redriven" | "dropped" {
  if (markers.some(({ outcome }) => outcome === "dropped")) return "dropped";
  return markers.some(({ to }) => to === agent) ? "redriven" : "open";
}
