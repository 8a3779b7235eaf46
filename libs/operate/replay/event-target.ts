import { isToken, movedEventSubject, Store, tokenRule } from "@myelin/subjects";
import { wrapMoved, write } from "../../durable/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { hexId, systemClock } from "../../pipeline/index.ts";
import type { ReplayAgent, ReplayTarget } from "./targets.ts";
import type { TaskReplaying } from "./task-target.ts";

/**
 * Gives an event to one durable subscription once more, as it was stored, and to no other.
 *
 * Resolves when that is stored: what the subscriber makes of it is its own.
 */
export function eventTarget(
  { agent = "", follow = "", onward }: ReplayAgent,
  { name, store, signer }: TaskReplaying,
): ReplayTarget {
  return async ({ is, stream, subject, head, payload, sequence, storedAt }) => {
    const begunAt = performance.now();
    if (is !== "event" || stream !== Store.events) {
      throw wrong(`${follow} of ${agent} takes events, from the stream of events`);
    }
    if (!isToken(agent) || !isToken(follow)) {
      throw wrong(`agent and follow must each be ${tokenRule}, got ${agent} and ${follow}`);
    }
    if (onward === true) throw wrong("the replay of an event stays where it is, without onward");
    const to = movedEventSubject({ agent, follow, mover: name });
    const how = { why: "replay", id: `replay-${hexId(16)}`, generation: 0 } as const;
    const original = { subject, head, payload, sequence, storedAt };
    const letter = wrapMoved(original, { ...how, subject: to, to: agent }, signer());
    await write(store, systemClock, letter);
    const tookMs = performance.now() - begunAt;
    return { frames: [], skipped: 0, error: undefined, tookMs };
  };
}

function wrong(why: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, `replay.into: ${why}`);
}
