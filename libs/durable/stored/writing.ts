import { StoreHeader } from "@myelin/subjects";
import { MeshCode } from "../../errors/index.ts";
import type { Clock } from "../../pipeline/index.ts";
import type { Put } from "./answers.ts";
import { askWhile, tryMs } from "./asking.ts";
import type { Headers, OutMessage, StoreAccess } from "./store.ts";

/** Only this writing of a state is stored, however often it is tried, and only after the expected one. */
export function onceAfter(id: string, sequence: number, subject: string): Headers {
  return [
    [StoreHeader.id, id],
    [StoreHeader.expected, sequence],
    [StoreHeader.expectedOf, subject],
  ];
}

const mostTries = 4;

/**
 * Stores a message that carries an id of its own, and tries again while its fate is not known, or the store is away.
 *
 * The id keeps it from being stored twice. It is not tried for long: what a worker or keeper writes comes again with
 * the message that it is about.
 */
export function write(store: StoreAccess, clock: Clock, message: OutMessage): Promise<Put> {
  return askWhile(
    clock,
    () => store.put(message, tryMs),
    ({ code }, asked) => asked < mostTries && passing.includes(code),
  );
}

const passing: readonly MeshCode[] = [MeshCode.UnknownOutcome, MeshCode.Unavailable];
