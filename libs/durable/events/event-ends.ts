import type { EventAddress } from "@myelin/subjects";
import { isMeshCode, MeshCode, MeshError } from "../../errors/index.ts";
import { triesLeft } from "../work/attempt-ends.ts";
import type { Following } from "./dead-event.ts";
import type { EventDelivery } from "./event-delivery.ts";
import type { EventTries } from "./event-tries.ts";
import type { FollowParts } from "./follow-parts.ts";

const final = Symbol("final");

/** What a handler throws to say that no other attempt will do better. */
export function givenUp(why: string): MeshError {
  const error = new MeshError(MeshCode.HandlerFailed, `given up: ${why}`);
  return Object.assign(error, { [final]: true });
}

/** Whether its handler has said so. */
export function isFinal(error: MeshError): boolean {
  return final in error || (error.cause instanceof MeshError && final in error.cause);
}

type Limits = Pick<FollowParts, "follow" | "config" | "mostDeliveries">;

/** How many attempts are spent: before a handler has run for it, as often as it was delivered. */
export function spentOf(
  tries: Pick<EventTries, "hasBegun" | "spent">,
  { deliveries }: Pick<EventDelivery, "deliveries">,
): number {
  return tries.hasBegun ? tries.spent : deliveries;
}

/** Whether no attempt is left after this one, or no delivery to make one with. */
export function isLastTry(
  tries: Pick<EventTries, "hasBegun" | "spent">,
  delivery: EventDelivery,
  { config, mostDeliveries }: Limits,
): boolean {
  const left = triesLeft(delivery, config, mostDeliveries());
  return spentOf(tries, delivery) >= config.attempts || left <= 0;
}

/** Why an event need not be tried once more. */
export function hopeless(
  { spent, tries }: Pick<EventTries, "spent" | "tries">,
  delivery: EventDelivery,
  { follow, config, mostDeliveries }: Limits,
): MeshError | undefined {
  const { attempts } = config;
  const isSpent = spent >= attempts;
  if (!isSpent && triesLeft(delivery, config, mostDeliveries()) >= 0) return undefined;
  const what = `event ${delivery.sequence} of ${follow}`;
  const last = tries.at(-1)?.error;
  if (isSpent && last !== undefined && isMeshCode(last)) {
    // It could not be ended then: the store was away.
    return new MeshError(last, `${what}: the last of ${attempts} attempts failed so`);
  }
  const why = isSpent
    ? `all ${attempts} attempts to handle it were begun, and nobody saw the last one end`
    : "it was delivered as often as it may be, and no attempt to handle it ended";
  return new MeshError(MeshCode.UnknownOutcome, `${what}: ${why}`);
}

/** An old version of the follower, or a mistake: another instance may have a handler. */
export function unhandled(
  { publisher, name }: EventAddress,
  { agent, follow }: Following,
): MeshError {
  const detail = `${agent} follows ${publisher}.${name} as ${follow}, and this version has no handler for it`;
  return new MeshError(MeshCode.UnknownSkill, detail);
}
