import { Header, type Priority, parseTaskSubject, type TaskAddress } from "@myelin/subjects";
import { cancelledBy, type Moved, readMoved } from "../../durable/index.ts";
import { isMeshError, MeshCode } from "../../errors/index.ts";
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
  traceparent: needle(Header.traceparent),
};

/** Reads a message of the queue; undefined for an order to cancel, and for what is no task. */
export function readQueued(stored: Stored): Queued | undefined {
  const { subject, head, sequence, storedAt } = stored;
  const address = parseTaskSubject(subject);
  const id = field(head, needles.id);
  if (!address.ok || (id !== undefined && cancelledBy(id) !== undefined)) return undefined;
  const moved = movedIn(stored, address.value);
  const own = moved?.original.head ?? head;
  return {
    ...address.value,
    submitter: moved?.submitter ?? address.value.submitter,
    ...{ id, sequence, storedAt, generation: moved?.generation ?? 0 },
    key: field(own, needles.key),
    traceparent: field(own, needles.traceparent),
  };
}

/** As the worker will read it, whose matter it is whether the mover is believed. */
function movedIn(message: Stored, address: TaskAddress): Moved | undefined {
  try {
    return readMoved({ message, address, storedAt: message.storedAt });
  } catch (error) {
    // It will end in the dead letters.
    if (isMeshError(error, MeshCode.MalformedHeader)) return undefined;
    throw error;
  }
}
