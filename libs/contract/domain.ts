import type { z } from "zod";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Skill } from "./skill.ts";

/** A domain error of a skill, by its name, with its data typed. */
export interface DomainError<Name extends string, Data> extends MeshError {
  readonly domain: { readonly name: Name; readonly data: Data };
}

/** Whether a thrown value is this domain error of the skill; its data is checked against the contract. */
export function isDomainError<S extends Skill, Name extends keyof S["errors"] & string>(
  thrown: unknown,
  skill: S,
  name: Name,
): thrown is DomainError<Name, z.input<S["errors"][Name]>> {
  if (!(thrown instanceof MeshError) || thrown.code !== MeshCode.DomainError) return false;
  if (thrown.domain?.name !== name) return false;
  return skill.errors[name]?.safeParse(thrown.domain.data).success === true;
}
