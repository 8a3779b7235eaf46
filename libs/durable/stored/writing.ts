import { StoreHeader } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { type Clock, pause } from "../../pipeline/index.ts";
import type { Put } from "./answers.ts";
import type { Headers, OutMessage, StoreAccess } from "./store.ts";

/** Only this writing of a state is stored, however often it is tried, and only after the expected one. */
export function onceAfter(id: string, sequence: number, subject: string): Headers {
  return [
    [StoreHeader.id, id],
    [StoreHeader.expected, sequence],
    [StoreHeader.expectedOf, subject],
  ];
}

const tries = 4;
const tryMs = 2_500;
const pauseMs = 250;

/**
 * Stores a message that carries an id of its own, and tries again while its fate is not known.
 *
 * The id keeps it from being stored twice.
 */
export async function write(store: StoreAccess, clock: Clock, message: OutMessage): Promise<Put> {
  for (let made = 1; ; made++) {
    try {
      return await store.put(message, tryMs);
    } catch (error) {
      const { code } = MeshError.from(error);
      const passes = code === MeshCode.UnknownOutcome || code === MeshCode.Unavailable;
      if (!passes || made === tries) throw error;
      await pause(clock, pauseMs);
    }
  }
}
