import { type ConsumerName, parseTaskSubject, type TaskAddress } from "@myelin/subjects";
import type { Inbound } from "../../nats/index.ts";
import { ackReader, type Delivered } from "../stored/acks.ts";
import { cancelledBy } from "../tasks/cancelling.ts";
import { readTaskHead } from "../tasks/task-message.ts";

/** One message as a consumer of tasks delivered it. */
export interface TaskDelivery extends Delivered {
  /** As its subject says; undefined for one of somebody who does not keep to the grammar. */
  readonly address: TaskAddress | undefined;
}

/**
 * Reads what a consumer delivered; undefined for what did not come from it.
 *
 * Others can publish into any inbox, and have their own consumers' messages delivered there: only the server gives a
 * message its own subject and a reply subject of this consumer.
 */
export function deliveryReader(
  consumer: ConsumerName,
): (message: Inbound) => TaskDelivery | undefined {
  const read = ackReader(consumer);
  return (message) => {
    const ack = read(message.reply);
    if (ack === undefined) return undefined;
    const address = parseTaskSubject(message.subject);
    return { message, address: address.ok ? address.value : undefined, ...ack };
  };
}

/** Whether it is the cancellation of a task, and no task. */
export function isCancellation({ message }: TaskDelivery): boolean {
  const { id } = readTaskHead(message.head);
  return id !== undefined && cancelledBy(id) !== undefined;
}
