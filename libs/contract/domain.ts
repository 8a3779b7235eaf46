import type { z } from "zod";
import { MeshCode, MeshError } from "../errors/index.ts";
import { check } from "./check.ts";
import type { Skill } from "./skill.ts";

/** A domain error of a skill, by its name, with its data typed. */
export interface DomainError<Name extends string, Data> extends MeshError {
  readonly domain: { readonly name: Name; readonly data: Data };
}

/** Whether a thrown value is this domain error of the skill; its data is as the contract's schema gives it. */
export function isDomainError<S extends Skill, Name extends keyof S["errors"] & string>(
  thrown: unknown,
  skill: S,
  name: Name,
): thrown is DomainError<Name, z.output<S["errors"][Name]>> {
  if (!(thrown instanceof MeshError) || thrown.code !== MeshCode.DomainError) return false;
  // Who called has parsed its data already: a schema that transforms would not take its own result.
  return thrown.domain?.name === name && declares(skill, thrown);
}

/** Whether a skill declares this domain error. */
export function declares(skill: Skill | undefined, { domain }: MeshError): skill is Skill {
  return skill !== undefined && domain !== undefined && Object.hasOwn(skill.errors, domain.name);
}

/** A domain error that came from the far side, its data parsed as an answer is; `invalid_output` where it does not fit. */
export function readDomainError(error: MeshError, skill: Skill, key: string): MeshError {
  if (error.domain === undefined) return error;
  const { name, data } = error.domain;
  const what = `error ${JSON.stringify(name)} of ${key}`;
  const schema = declares(skill, error) ? skill.errors[name] : undefined;
  if (schema === undefined) return misfit(`${what} is not declared by its contract`, error);
  try {
    const domain = { name, data: check(schema, data, MeshCode.InvalidOutput, what) };
    return new MeshError(error.code, error.detail, { origin: "peer", domain });
  } catch (thrown) {
    return misfit(MeshError.from(thrown).detail, thrown);
  }
}

function misfit(detail: string, cause: unknown): MeshError {
  return new MeshError(MeshCode.InvalidOutput, detail, { origin: "peer", cause });
}
