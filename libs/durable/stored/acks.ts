import { ackPrefix, type ConsumerName, nanosecondsPerMs } from "@myelin/subjects";

/** What the reply subject of a delivered message tells of it. */
export interface Ack {
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
  /** Its place in the stream. */
  readonly sequence: number;
  /** When it was stored, in nanoseconds since 1970. */
  readonly stored: string;
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

const perMs = BigInt(nanosecondsPerMs);

/** The nanoseconds of an acknowledgement as a date. */
export function storedAtOf(stored: string): Date {
  return new Date(Number(BigInt(stored) / perMs));
}

/** A date as an acknowledgement says it. */
export function storedOf(at: Date): string {
  return `${BigInt(at.getTime()) * perMs}`;
}

function readAck([delivered, sequence, , stored]: readonly string[]): Ack | undefined {
  if (stored === undefined || !/^\d{1,19}$/.test(stored)) return undefined;
  return { deliveries: Number(delivered), sequence: Number(sequence), stored };
}
