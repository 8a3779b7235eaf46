import {
  type ConsumerName,
  type EventAddress,
  parseEventSubject,
  parseMovedEventSubject,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Inbound } from "../../nats/index.ts";
import type { CloudEvent, TaskMove } from "../../pipeline/index.ts";
import { type Original, readWrapped, type Wrapped } from "../dead/moved.ts";
import { ackReader, type Delivered } from "../stored/acks.ts";
import { readCloud } from "./cloud.ts";

/** One message as a consumer of events delivered it. */
export interface EventDelivery extends Delivered {
  /** As its subject says; undefined for one that was moved. */
  readonly address: EventAddress | undefined;
}

/** Why an event comes that does not come by itself. Nobody is believed yet: `verify` judges the mover. */
export interface EventMove extends TaskMove, Pick<Wrapped, "id" | "signed" | "original"> {
  readonly mover: string;
}

/** What was delivered, as it was published first. */
export interface ReadEvent {
  readonly address: EventAddress;
  readonly cloud: CloudEvent;
  readonly move: EventMove | undefined;
}

/** Reads what a consumer of events delivered; undefined for what did not come from it, see `deliveryReader`. */
export function eventReader(
  consumer: ConsumerName,
): (message: Inbound) => EventDelivery | undefined {
  const read = ackReader(consumer);
  const known = new Map<string, EventAddress>();
  return (message) => {
    const ack = read(message.reply);
    if (ack === undefined) return undefined;
    const { subject } = message;
    const address = known.get(subject) ?? addressOf(subject);
    if (address === undefined && !parseMovedEventSubject(subject).ok) return undefined;
    // Few subjects have many messages each: reading one again and again would cost more than the rest.
    if (address !== undefined && known.size < mostKnown) known.set(subject, address);
    const { deliveries, sequence, storedAt } = ack;
    return { message, address, deliveries, sequence, storedAt };
  };
}

const mostKnown = 1_000;

/** Reads the event that was delivered, or that was moved in it; throws why it is none. */
export function readEvent({ message, address, storedAt }: EventDelivery): ReadEvent {
  const { subject, head, payload } = message;
  if (address !== undefined) return { address, cloud: readCloud(head, payload), move: undefined };
  const moved = parseMovedEventSubject(subject);
  const wrapped = moved.ok ? readWrapped(message, storedAt) : undefined;
  const first = addressOf(wrapped?.original.subject ?? "");
  if (!moved.ok || wrapped === undefined || first === undefined || wrapped.why === "later") {
    throw new MeshError(MeshCode.MalformedHeader, `${subject} brings back no event`);
  }
  const { original } = wrapped;
  const move = { ...wrapped, mover: moved.value.mover };
  return { address: first, cloud: readCloud(original.head, original.payload), move };
}

/** The message as it lies in the stream. */
export function originalOf({ message, sequence, storedAt }: EventDelivery): Original {
  const { subject, head, payload } = message;
  return { subject, head, payload, sequence, storedAt };
}

function addressOf(subject: string): EventAddress | undefined {
  const read = parseEventSubject(subject);
  return read.ok ? read.value : undefined;
}

/** What is brought back is another matter than the event that was handled before, or given up. */
export function keyOf({ cloud, move }: ReadEvent, { sequence }: EventDelivery): string {
  if (move === undefined) return cloud.id;
  // Two who bring one letter back at once mean the same; each replay is one of its own.
  const which = move.why === "redrive" ? move.generation : `at ${sequence}`;
  return `${cloud.id} ${move.why} ${which}`;
}
