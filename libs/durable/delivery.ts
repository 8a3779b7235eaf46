import { ackPrefix, Header, parseTaskSubject, Store, type TaskAddress } from "@myelin/subjects";
import type { Inbound } from "../nats/index.ts";
import { field, needle } from "../wire/index.ts";

/** One message as a consumer delivered it. */
export interface Delivery {
  readonly message: Inbound;
  /** As its subject says; undefined for one of somebody who does not keep to the grammar. */
  readonly address: TaskAddress | undefined;
  /** Its place in the stream. */
  readonly sequence: number;
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
  readonly storedAt: Date;
}

const nanosecondsPerMs = 1_000_000n;

/**
 * Reads what a consumer delivered; undefined for what did not come from it.
 *
 * Others can publish into any inbox, and have their own consumers' messages delivered there: only the server gives a
 * message its own subject and a reply subject of this consumer.
 */
export function readDelivery(message: Inbound, consumer: string): Delivery | undefined {
  const ack = readAck(message.reply);
  if (ack === undefined || ack.stream !== Store.tasks || ack.consumer !== consumer)
    return undefined;
  const address = parseTaskSubject(message.subject);
  return { message, address: address.ok ? address.value : undefined, ...ack };
}

/** The two forms of an acknowledgement's subject (NATS ADR-15): the newer one names domain and account before. */
function readAck(reply: string) {
  if (!reply.startsWith(ackPrefix)) return undefined;
  const tokens = reply.slice(ackPrefix.length).split(".");
  const [stream, consumer, delivered, sequence, , stored] = tokens.slice(tokens.length > 7 ? 2 : 0);
  if (stored === undefined || !/^\d{1,19}$/.test(stored)) return undefined;
  return {
    ...{ stream, consumer },
    deliveries: Number(delivered),
    sequence: Number(sequence),
    storedAt: new Date(Number(BigInt(stored) / nanosecondsPerMs)),
  };
}

const needles = {
  id: needle(Header.id),
  contract: needle(Header.contract),
  envelope: needle(Header.envelope),
  signer: needle(Header.signer),
};

/** What a task says of itself beside a call's headers. */
export function readTaskHead(head: string) {
  return {
    id: field(head, needles.id),
    contract: field(head, needles.contract),
    envelope: field(head, needles.envelope),
    signer: field(head, needles.signer),
  };
}
