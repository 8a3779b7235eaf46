import type { EventAddress } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { FollowName } from "./dead-event.ts";

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

/** An old version of the follower, or a mistake: another instance may have a handler. */
export function unhandled(
  { publisher, name }: EventAddress,
  { agent, follow }: FollowName,
): MeshError {
  const detail = `${agent} follows ${publisher}.${name} as ${follow}, and this version has no handler for it`;
  return new MeshError(MeshCode.UnknownSkill, detail);
}
