import { ackPrefix, type ConsumerName } from "@myelin/subjects";
import type { Inbound } from "../../nats/index.ts";

/** What the reply subject of a delivered message tells of it. */
export interface Ack {
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
  /** Its place in the stream. */
  readonly sequence: number;
  readonly storedAt: Date;
}

/** One message as a consumer delivered it. */
export interface Delivered extends Ack {
  readonly message: Inbound;
}

/**
 * Reads the subjects of acknowledgements of one consumer; undefined for any other.
 *
 * The two forms (NATS ADR-15): the newer one names domain and account before.
 */
export function ackReader({ stream, consumer }: ConsumerName): (reply: string) => Ack | undefined {
  const own = `${ackPrefix}${stream}.${consumer}.`;
  return (reply) => {
    if (reply.startsWith(own)) return readAck(reply, own.length);
    if (!reply.startsWith(ackPrefix)) return undefined;
    const [, , theirs, name, ...rest] = reply.slice(ackPrefix.length).split(".");
    return theirs === stream && name === consumer ? readAck(rest.join("."), 0) : undefined;
  };
}

/** By the places of its dots: a list of its parts would cost each message as much as finding its headers. */
function readAck(text: string, from: number): Ack | undefined {
  const sequenceAt = text.indexOf(".", from) + 1;
  const ofConsumerAt = text.indexOf(".", sequenceAt) + 1;
  const storedAt = text.indexOf(".", ofConsumerAt) + 1;
  if (sequenceAt === 0 || ofConsumerAt === 0 || storedAt === 0) return undefined;
  const end = text.indexOf(".", storedAt);
  const stored = text.slice(storedAt, end < 0 ? text.length : end);
  if (!/^\d{1,19}$/.test(stored)) return undefined;
  return {
    deliveries: Number(text.slice(from, sequenceAt - 1)),
    sequence: Number(text.slice(sequenceAt, ofConsumerAt - 1)),
    storedAt: new Date(Number(stored.slice(0, -nanosecondDigits))),
  };
}

/** The server tells nanoseconds, of which a number has no room for all; a Date has milliseconds. */
const nanosecondDigits = 6;
