import type { EventAddress } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { FollowName } from "./dead-event.ts";

const final = Symbol("final");

/** What a handler throws to say that no other attempt will do better. */
export function givenUp(why: string): MeshError {
  const error = new MeshError(MeshCode.HandlerFailed, `given up: ${why}`);
  return Object.assign(error, { [final]: true });
}

/** What its handler has said, where it has said so: meant for the letter, unlike what a handler throws else. */
export function saidFinal(error: MeshError): MeshError | undefined {
  const { cause } = error;
  return [error, cause].find((one) => one instanceof MeshError && final in one) as
    | MeshError
    | undefined;
}

/** An old version of the follower, or a mistake: another instance may have a handler. */
export function unhandled(
  { publisher, name }: EventAddress,
  { agent, follow }: FollowName,
): MeshError {
  const detail = `${agent} follows ${publisher}.${name} as ${follow}, and this version has no handler for it`;
  return new MeshError(MeshCode.UnknownSkill, detail);
}
