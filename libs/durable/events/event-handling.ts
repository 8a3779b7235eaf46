import { Store } from "@myelin/subjects";
import { MeshError } from "../../errors/index.ts";
import { type CallSignal, unlessEnded } from "../../pipeline/index.ts";
import { onceKnown, type Waiting } from "../stored/known.ts";
import { type EventDelivery, originalOf, type ReadEvent, readEvent } from "./event-delivery.ts";
import { type EventWork, eventRequest } from "./event-work.ts";
import type { FollowParts } from "./follow-parts.ts";
import type { EventCheck } from "./verifying-events.ts";

/** Reads what came; throws why it is no event, or why nobody believes who brings it back. */
export async function readBelieved(
  delivery: EventDelivery,
  { verify, agent }: Pick<FollowParts, "verify" | "agent">,
  waiting: Waiting,
): Promise<ReadEvent> {
  const event = readEvent(delivery);
  const { move } = event;
  if (move !== undefined && verify !== undefined)
    await onceKnown(waiting, () => verify.move(delivery, move, agent));
  return event;
}

/** An event, and what it was read from. */
interface DeliveredEvent {
  readonly delivery: EventDelivery;
  readonly event: ReadEvent;
}

/** Throws unless its publisher has signed it. */
export async function checkSigned(
  { delivery, event: { address, cloud, move } }: DeliveredEvent,
  verify: EventCheck,
  waiting: Waiting,
): Promise<void> {
  const message = move?.original ?? originalOf(delivery);
  const place = `${Store.events}:${message.sequence}`;
  const signed = { message, address, cloud, storedAt: message.storedAt, place };
  await onceKnown(waiting, () => verify.event(signed));
}

/** The handler's end, or why the signal ended: one that never comes back must not hold its place for good. */
export function handleEvent(
  work: EventWork,
  { delivery, event, attempt, signal }: Handling,
  { config, clock, serve }: Pick<FollowParts, "config" | "clock" | "serve">,
): Promise<unknown> {
  const { address, cloud, move } = event;
  const { head } = move?.original ?? delivery.message;
  const sequence = move?.original.sequence ?? delivery.sequence;
  const arrival = { address, cloud, head, attempt, sequence, missed: 0, move };
  const { attemptMs } = config;
  signal.expire(clock.now() + attemptMs, attemptMs, work.operation.key);
  const request = eventRequest(work, arrival, signal);
  request.timeoutMs = attemptMs;
  return unlessEnded(signal, () => serve(request));
}

interface Handling extends DeliveredEvent {
  readonly attempt: number;
  readonly signal: CallSignal;
}

/** Why it failed; undefined where it did not. */
export function failure(work: Promise<unknown>): Promise<MeshError | undefined> {
  return work.then(
    () => undefined,
    (thrown: unknown) => MeshError.from(thrown),
  );
}
