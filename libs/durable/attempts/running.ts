import { Header } from "@myelin/subjects";
import { MeshCode } from "../../errors/index.ts";
import { field, json, needle } from "../../wire/index.ts";
import type { Headers } from "../stored/store.ts";

/** One try of a task, or of an event by a subscription. */
export interface Try {
  readonly attempt: number;
  readonly instance: string;
  /** When its handler began, by the clock of its instance. */
  readonly begunAt: string;
  /** Undefined while it runs, and of one whose instance died. */
  readonly endedAt?: string;
  /** The code that it failed with. */
  readonly error?: string;
}

/** What the running state of a task says, and the tried state of an event: who has it, and what was tried. */
export interface Running {
  /** How many tries have begun. */
  readonly attempt: number;
  /** Who wrote it. */
  readonly instance: string;
  /** The place of its message in the stream, and which delivery of it this is; 0 where neither is said. */
  readonly sequence: number;
  readonly delivery: number;
  /** How many of the tries ended because their instances stopped in order: they are not held against it. */
  readonly stopped: number;
  /** Whether a task is being given up: its dead letter comes, then its final result. */
  readonly isEnding: boolean;
  /** The last ones, oldest first. */
  readonly tries: readonly Try[];
}

/** Most tries that are remembered; their number is kept beside. */
export const mostTries = 20;

const attemptNeedle = needle(Header.attempt);

/** Headers of a state: of which skill, since ids are one name space for all of an agent's, and of which attempt. */
export function stateHeaders(skill: string, attempt: number): Headers {
  return [
    [Header.skill, skill],
    [Header.attempt, attempt],
  ];
}

/** Which attempt wrote this state; 1 where it does not say. */
export function readAttempt(head: string): number {
  const attempt = Number(field(head, attemptNeedle));
  return Number.isInteger(attempt) && attempt >= 0 ? attempt : 1;
}

/** Reads such a state; what it says wrongly is left out. */
export function readRunning(message: {
  readonly head: string;
  readonly payload: Uint8Array;
}): Running {
  const said = bodyOf(message.payload);
  return {
    attempt: readAttempt(message.head),
    instance: text(said["instance"]) ?? "",
    sequence: whole(said["sequence"]),
    delivery: whole(said["delivery"]),
    stopped: whole(said["stopped"]),
    isEnding: said["isEnding"] === true,
    tries: readTries(said["tries"]),
  };
}

/** Whether a running state names this delivery of a message as the one that has the task. */
export function isWrittenFor(
  running: { readonly head: string; readonly payload: Uint8Array } | undefined,
  { sequence, deliveries }: { readonly sequence: number; readonly deliveries: number },
): boolean {
  if (running === undefined) return false;
  const said = readRunning(running);
  return said.sequence === sequence && said.delivery === deliveries;
}

/** How many tries nobody saw end. Of those before the first that is remembered nobody saw anything. */
export function deathsOf({ attempt, tries }: Pick<Running, "attempt" | "tries">): number {
  const unended = tries.filter(({ endedAt }) => endedAt === undefined).length;
  return tries.length < mostTries ? attempt - tries.length + unended : unended;
}

/** The same with one more try, which begins now. */
export function withTry(running: Running): Running {
  const { instance, tries } = running;
  const attempt = running.attempt + 1;
  const begun = { attempt, instance, begunAt: new Date().toISOString() };
  return { ...running, attempt, tries: [...tries, begun] };
}

/** The same with the end of its last try; undefined where that has ended, or is somebody else's. */
export function withEnd(running: Running, error: MeshCode): Running | undefined {
  const { instance, tries } = running;
  const last = tries.at(-1);
  if (last?.endedAt !== undefined || last?.instance !== instance) return undefined;
  const ended = { ...last, endedAt: new Date().toISOString(), error };
  return { ...running, tries: [...tries.slice(0, -1), ended] };
}

/** The same where its instance's own end cut the last try short. */
export function withStop(running: Running): Running | undefined {
  const ended = withEnd(running, MeshCode.Draining);
  return ended && { ...ended, stopped: ended.stopped + 1 };
}

/** The same, being given up; undefined where it is already. */
export function asGivenUp(running: Running, error: MeshCode): Running | undefined {
  return running.isEnding ? undefined : { ...(withEnd(running, error) ?? running), isEnding: true };
}

/** The body of such a state. */
export function runningBody(running: Running): string {
  const { instance, sequence, delivery, stopped, isEnding } = running;
  const tries = running.tries.slice(-mostTries);
  return JSON.stringify({ instance, sequence, delivery, stopped, isEnding, tries });
}

/** Tries as somebody wrote them: what is none is left out. */
export function readTries(said: unknown): readonly Try[] {
  return Array.isArray(said) ? said.slice(-mostTries).flatMap(readTry) : [];
}

function readTry(said: unknown): Try[] {
  if (typeof said !== "object" || said === null) return [];
  const { attempt, instance, begunAt, endedAt, error } = said as Readonly<Record<string, unknown>>;
  const begun = text(begunAt);
  const ended = text(endedAt);
  const code = text(error);
  if (begun === undefined) return [];
  return [
    {
      ...{ attempt: whole(attempt), instance: text(instance) ?? "", begunAt: begun },
      ...(ended === undefined ? {} : { endedAt: ended }),
      ...(code === undefined ? {} : { error: code }),
    },
  ];
}

function bodyOf(payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const said = json.decode(payload);
    return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    // A state that cannot be read says nothing.
    return {};
  }
}

function text(said: unknown): string | undefined {
  return typeof said === "string" && said.length <= 100 ? said : undefined;
}

function whole(said: unknown): number {
  return typeof said === "number" && Number.isSafeInteger(said) && said > 0 ? said : 0;
}
