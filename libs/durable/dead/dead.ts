import {
  type DeadAddress,
  deadSubject,
  Header,
  isToken,
  parseTaskSubject,
  Store,
  StoreHeader,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Signer } from "../../identity/index.ts";
import type { Link } from "../../nats/index.ts";
import type { Clock } from "../../pipeline/index.ts";
import { parseTraceparent } from "../../telemetry/index.ts";
import { field, headerText, needle } from "../../wire/index.ts";
import { readTries, type Try } from "../attempts/running.ts";
import { mostPayload } from "../stored/room.ts";
import { envelopeHeaders, onceId } from "../stored/signing.ts";
import type { Headers, OutMessage, StoreAccess } from "../stored/store.ts";
import { write } from "../stored/writing.ts";
import { readTaskHead } from "../tasks/task-message.ts";
import type { KnownTask } from "../work/known-task.ts";
import type { TaskDelivery } from "../work/task-delivery.ts";
import { letterNames } from "./letter-name.ts";
import { type MoveReason, moveReasons, type Original } from "./moved.ts";
import { wrapHead } from "./origin.ts";

/** Whose message died, and which one it was. */
export interface Dead extends Pick<DeadAddress, "agent" | "skill" | "generation"> {
  readonly kind: "task" | "event";
  /** What names it; undefined where it has no name that can be believed. */
  readonly id: string | undefined;
  /** The message as it was stored first, before anybody moved it. */
  readonly origin: Original;
  /** Why it came last, where it did not come by itself. */
  readonly moved?: { readonly why: MoveReason; readonly mover: string } | undefined;
}

/** Why a message was given up, and by whom. */
export interface GivenUp {
  /** Of the worker, or `keeper`. */
  readonly instance: string;
  readonly error: MeshError;
  /** How often a handler was run for it. */
  readonly attempts: number;
  /** The last of them, oldest first. */
  readonly tries?: readonly Try[] | undefined;
  readonly signer: Signer | undefined;
}

export interface BuryParts {
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly link: Pick<Link, "maxPayload">;
}

/** Most tries, and the longest text of facts, that find room beside the original's headers. */
const mostTries = 20;
const mostFacts = 4_096;

/**
 * Writes the dead letter of a message, once: its bytes as they were, its headers under `Origin-`, what became of it.
 *
 * A subject takes one letter only, so a step that is repeated writes nothing twice. Where it is taken by another
 * message of the same id, as another submitter may have given it, the letter goes to a name of its own beside it; and
 * to a longer one where a message of another stream, or of this one before it was made anew, lay at the same place.
 */
export async function bury(
  { store, clock, link }: BuryParts,
  dead: Dead,
  given: GivenUp,
): Promise<void> {
  const most = mostPayload(link);
  for (const name of letterNames(dead)) {
    const letter = letterOf(dead, { ...given, name }, most);
    const put = await write(store, clock, letter);
    if (put.is === "stored") return;
    const there = await store.last(Store.dead, letter.subject);
    if (there === undefined) {
      const detail = `${letter.subject} is taken, and cannot be read yet`;
      throw new MeshError(MeshCode.Unavailable, detail);
    }
    if (isOf(there.head, dead.origin)) return;
  }
}

/** Whether a letter is that of this message. */
function isOf(head: string, { subject, sequence, storedAt }: Original): boolean {
  const said = readDead(head);
  return (
    said?.sequence === sequence &&
    said.subject === subject &&
    Date.parse(said.storedAt) === storedAt.getTime()
  );
}

/** Writes the dead letter of a delivered message; `task` only where it is believed to be one. */
export function buryTask(
  parts: BuryParts & { readonly agent: string },
  delivery: TaskDelivery,
  { task, ...given }: GivenUp & { readonly task: KnownTask | undefined },
): Promise<void> {
  return bury(parts, deadTask(parts.agent, delivery, task), given);
}

/** What of a delivered message died. Of a move that nobody believes, the message that claims it. */
export function deadTask(
  agent: string,
  { message, sequence, storedAt }: TaskDelivery,
  task: KnownTask | undefined,
): Dead {
  const { subject, head, payload } = message;
  const address = parseTaskSubject(subject);
  const skill = address.ok ? address.value.skill : "unknown";
  const moved = task?.moved;
  const own = readTaskHead(head).id;
  // What claims to be moved has an id that somebody else's task may have.
  const isNamed = task !== undefined || field(head, movedNeedle) === undefined;
  const id = moved?.id ?? (isNamed && own !== undefined && isToken(own) ? own : undefined);
  return {
    ...{ kind: "task", agent, skill, id, moved },
    generation: moved?.generation ?? 0,
    origin: moved?.original ?? { subject, head, payload, sequence, storedAt },
  };
}

/** What a dead letter says of itself in `Mesh-Dead`. */
export interface DeadFacts {
  readonly attempts: number;
  readonly instance: string;
  /** Where the original was stored, and when. */
  readonly subject: string;
  readonly sequence: number;
  readonly storedAt: string;
  readonly givenUpAt: string;
  readonly traceId?: string;
  readonly tries?: readonly Try[];
  readonly moved?: { readonly why: MoveReason; readonly mover: string };
  /** Bytes of a body that found no room whole. */
  readonly cutFrom?: number;
}

/** Reads what a dead letter says of itself; undefined where it is not what it should be. */
export function readDead(head: string): DeadFacts | undefined {
  const said = jsonIn(field(head, deadNeedle));
  const { subject, sequence, storedAt, attempts, traceId, cutFrom } = said;
  const isOne = isText(subject) && isCount(sequence) && isText(storedAt);
  if (!isOne || Number.isNaN(Date.parse(storedAt))) return undefined;
  const moved = said["moved"] as Partial<NonNullable<DeadFacts["moved"]>> | undefined;
  const why = moveReasons.find((reason) => reason === moved?.why);
  const tries = readTries(said["tries"]);
  return {
    ...{ subject, sequence, storedAt, attempts: isCount(attempts) ? attempts : 0 },
    instance: textOf(said["instance"]),
    givenUpAt: textOf(said["givenUpAt"]),
    ...(isText(traceId) ? { traceId } : {}),
    ...(tries.length === 0 ? {} : { tries }),
    ...(why === undefined ? {} : { moved: { why, mover: textOf(moved?.mover) } }),
    ...(isCount(cutFrom) ? { cutFrom } : {}),
  };
}

/** Bytes from whoever may write there: what is no JSON says nothing. */
function jsonIn(text = ""): Readonly<Record<string, unknown>> {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    // Nor does what is cut.
    return {};
  }
}

function isText(said: unknown): said is string {
  return typeof said === "string" && said.length <= 512;
}

function isCount(said: unknown): said is number {
  return typeof said === "number" && Number.isSafeInteger(said) && said >= 0;
}

function textOf(said: unknown): string {
  return isText(said) ? said : "";
}

const deadNeedle = needle(Header.dead);
const movedNeedle = needle(Header.moved);
const traceNeedle = needle(Header.traceparent);

interface Naming extends GivenUp {
  readonly name: string;
}

function letterOf(dead: Dead, given: Naming, mostBytes: number): OutMessage {
  const { kind, agent, skill, generation, origin } = dead;
  const { error, signer, name } = given;
  const subject = deadSubject({ kind, agent, skill, task: name, generation });
  const payload = origin.payload.subarray(0, mostBytes);
  const contentType = "application/octet-stream";
  const letter = { kind: "dead", target: "*", subject, id: name, contentType } as const;
  const headers: Headers = [
    [StoreHeader.id, onceId()],
    [Header.id, name],
    [Header.error, error.code],
    [Header.serviceError, Buffer.from(headerText(error.message), "utf8").toString("latin1")],
    [Header.dead, factsOf(dead, given, mostBytes)],
    ...envelopeHeaders({ ...letter, payload }, signer),
    ...wrapHead(origin.head),
  ];
  return { subject, payload, headers };
}

function factsOf({ origin, moved }: Dead, given: Naming, mostBytes: number): string {
  const { subject, sequence, storedAt, head, payload } = origin;
  const { attempts, instance, tries = [] } = given;
  const traceId = parseTraceparent(field(head, traceNeedle), undefined)?.traceId;
  const facts: DeadFacts = {
    ...{ attempts, instance, subject, sequence },
    storedAt: storedAt.toISOString(),
    givenUpAt: new Date().toISOString(),
    ...(traceId === undefined ? {} : { traceId }),
    ...(moved === undefined ? {} : { moved: { why: moved.why, mover: moved.mover } }),
    ...(payload.length > mostBytes ? { cutFrom: payload.length } : {}),
  };
  for (let kept = Math.min(tries.length, mostTries); kept > 0; kept--) {
    const text = ascii(JSON.stringify({ ...facts, tries: tries.slice(-kept) }));
    if (text.length <= mostFacts) return text;
  }
  return ascii(JSON.stringify(facts));
}

/** JSON that a header can carry. */
function ascii(json: string): string {
  return json.replace(
    /[\u007f-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
