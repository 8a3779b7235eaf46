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
    if (reply.startsWith(own)) return readAck(reply.slice(own.length).split("."));
    if (!reply.startsWith(ackPrefix)) return undefined;
    const [, , theirs, name, ...rest] = reply.slice(ackPrefix.length).split(".");
    return theirs === stream && name === consumer ? readAck(rest) : undefined;
  };
}

function readAck([delivered, sequence, , stored]: readonly string[]): Ack | undefined {
  if (stored === undefined || !/^\d{1,19}$/.test(stored)) return undefined;
  const storedAt = new Date(Number(stored.slice(0, -nanosecondDigits)));
  return { deliveries: Number(delivered), sequence: Number(sequence), storedAt };
}

/** The server tells nanoseconds, of which a number has no room for all; a Date has milliseconds. */
const nanosecondDigits = 6;
