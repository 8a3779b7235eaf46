import { Header, type ResultAddress, resultSubject, StoreHeader } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Codec } from "../pipeline/index.ts";
import { field, json, needle, readError } from "../wire/index.ts";
import type { Headers } from "./store.ts";

/** What a task is, to those who follow it. */
export type TaskState = "waiting" | "running" | "done" | "failed" | "cancelled";

/** How a task ended. */
export type Final =
  | { readonly is: "done"; readonly output: unknown }
  | { readonly is: "failed"; readonly error: MeshError };

/** What an attempt says when it begins. */
export interface Running {
  readonly attempt: number;
  readonly instance: string;
}

/** Something that an attempt told on its way. */
export interface Progress {
  readonly value: unknown;
  readonly attempt: number;
}

const needles = {
  attempt: needle(Header.attempt),
  error: needle(Header.error),
  skill: needle(Header.skill),
  contentType: needle(Header.contentType),
};

/** Where the states of one task are told. */
export function statesOf(address: Omit<ResultAddress, "state">): (state: string) => string {
  return (state) => resultSubject({ ...address, state });
}

/** Headers of a state: of which skill, since ids are one name space for all of an agent's, and of which attempt. */
export function stateHeaders(skill: string, attempt: number): Headers {
  return [
    [Header.skill, skill],
    [Header.attempt, attempt],
  ];
}

/** Only this writing of a state is stored, however often it is tried, and only after the expected one. */
export function onceAfter(id: string, sequence: number, subject: string): Headers {
  return [
    [StoreHeader.id, id],
    [StoreHeader.expected, sequence],
    [StoreHeader.expectedOf, subject],
  ];
}

/** Reads a final result; throws `unknown_task` when it is another skill's. */
export function readFinal(
  { head, payload }: { readonly head: string; readonly payload: Uint8Array },
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
  const isOwn = field(head, needles.contentType)?.toLowerCase() === codec.contentType;
  return { is: "done", output: (isOwn ? codec : json).decode(payload) };
}

export function readAttempt(head: string): number {
  const attempt = Number(field(head, needles.attempt));
  return Number.isInteger(attempt) && attempt > 0 ? attempt : 1;
}

export function readRunning(message: {
  readonly head: string;
  readonly payload: Uint8Array;
}): Running {
  const body = json.decode(message.payload) as { readonly instance?: unknown } | undefined;
  return { attempt: readAttempt(message.head), instance: String(body?.instance ?? "") };
}
