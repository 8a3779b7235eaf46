import { Header, type ResultAddress, resultSubject } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Codec } from "../../pipeline/index.ts";
import { field, json, needle, readContentType, readError } from "../../wire/index.ts";

/** How a task ended. */
export type Final =
  | { readonly is: "done"; readonly output: unknown }
  | { readonly is: "failed"; readonly error: MeshError };

/** Something that an attempt told on its way. */
export interface Progress {
  readonly value: unknown;
  readonly attempt: number;
}

const needles = {
  error: needle(Header.error),
  skill: needle(Header.skill),
};

/** Where the states of one task are told. */
export function statesOf(address: Omit<ResultAddress, "state">): (state: string) => string {
  return (state) => resultSubject({ ...address, state });
}

/** A final result as it is stored, or with its body fetched. */
export interface StoredResult {
  readonly head: string;
  readonly payload: Uint8Array;
  /** What a body that was fetched is written in. Default: as the headers say. */
  readonly contentType?: string;
}

/** Reads a final result; throws `unknown_task` when it is another skill's. */
export function readFinal(
  { head, payload, contentType }: StoredResult,
  { skill, id, codec }: { readonly skill: string; readonly id: string; readonly codec: Codec },
): Final {
  const whose = field(head, needles.skill);
  if (whose !== skill) {
    const detail = `${id} is a task of the skill ${whose ?? "that its result does not name"}, not of ${skill}`;
    throw new MeshError(MeshCode.UnknownTask, detail);
  }
  if (field(head, needles.error) !== undefined) {
    return { is: "failed", error: readError(head, () => json.decode(payload)) };
  }
  const type = contentType ?? readContentType(head);
  const isOwn = type === codec.contentType;
  return { is: "done", output: (isOwn ? codec : json).decode(payload) };
}
