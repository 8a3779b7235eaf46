import {
  Header,
  isToken,
  maxHeaderBytes,
  type Priority,
  parseLaterSubject,
  parseTaskSubject,
  StoreHeader,
  taskSubject,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Signer } from "../../identity/index.ts";
import type { Inbound } from "../../nats/index.ts";
import { field, needle } from "../../wire/index.ts";
import { envelopeHeaders, messageId } from "../stored/signing.ts";
import type { Headers, OutMessage } from "../stored/store.ts";
import type { TaskDelivery } from "../work/task-delivery.ts";
import { unwrapHead, wrapHead, wrappedIn } from "./origin.ts";

/** Why a stored message is published anew. */
export const moveReasons = ["redrive", "later", "replay"] as const;

export type MoveReason = (typeof moveReasons)[number];

/** A message as it was stored first, on `mesh.task.…` or `mesh.later.…`. */
export interface Original {
  readonly subject: string;
  /** Its raw header block. */
  readonly head: string;
  readonly payload: Uint8Array;
  readonly sequence: number;
  readonly storedAt: Date;
}

/** How a message is moved. */
export interface Move {
  readonly why: MoveReason;
  /** The name of who moves it, as the broker enforces it. */
  readonly mover: string;
  /** The task's id: the original's; of something that fires again and again `<id>-<firing>`. */
  readonly id: string;
  /** How often the task was redriven, this time included; 0 when it never was. */
  readonly generation: number;
  /** Who shall do it. Default: the agent that it was written for. */
  readonly to?: string;
  /** Default: the original's, else `normal`. */
  readonly priority?: Priority;
}

/** A message that was moved, as a worker reads it. Nobody is believed yet: `verify` judges the mover. */
export interface Moved {
  readonly why: MoveReason;
  readonly mover: string;
  readonly id: string;
  readonly generation: number;
  readonly original: Original;
  /** Of the original's subject. */
  readonly from: Origin;
  /** Whose task it is now: the original's, unless it runs in a sandbox or is a replay, which are the mover's own. */
  readonly submitter: string;
  /** What the mover's envelope is about. */
  readonly signed: Uint8Array;
}

/** What the subject of an original says. */
export interface Origin {
  readonly kind: "task" | "later";
  readonly agent: string;
  readonly skill: string;
  readonly submitter: string;
  readonly priority: Priority | undefined;
}

/** What the mover's envelope says instead of a content type: the original has its own. */
export const movedType = "application/vnd.myelin.moved";

/**
 * A stored message, published anew under the name of who moves it: its bytes and headers unchanged, the latter under
 * `Origin-`, signed by the mover together with why and what it was. Moved twice the same way it is stored once.
 */
export function moved(original: Original, how: Move, signer: Signer | undefined): OutMessage {
  const from = originOf(original.subject);
  if (from === undefined) throw unmovable(original.subject);
  const { why, mover, id, generation, to = from.agent } = how;
  const priority = how.priority ?? from.priority ?? "normal";
  const subject = taskSubject({ agent: to, skill: from.skill, priority, submitter: mover });
  return wrapMoved(original, { why, id, generation, subject, to }, signer);
}

/** What is said of a move, and where it goes. */
export interface Wrapping extends Pick<Move, "why" | "id" | "generation"> {
  /** Where it is published: it bears the mover's name. */
  readonly subject: string;
  readonly to: string;
}

/** The same for any subject: what was stored, wrapped unchanged. */
export function wrapMoved(
  original: Original,
  wrapping: Wrapping,
  signer: Signer | undefined,
): OutMessage {
  const { why, id, generation, subject, to } = wrapping;
  const facts = factsOf(original, wrapping);
  const origin = wrapHead(original.head);
  const { payload } = original;
  const body = signedBody(facts, origin, payload);
  const about = { kind: "moved", target: to, subject, id, contentType: movedType } as const;
  const what = `moved ${why} ${subject} ${original.subject} ${original.sequence} ${id} ${generation}`;
  return {
    ...{ subject, payload },
    headers: [
      [StoreHeader.id, messageId(what, signer)],
      [Header.id, id],
      [Header.moved, facts],
      ...envelopeHeaders({ ...about, payload: body }, signer),
      ...origin,
    ],
  };
}

/** A message of the queue of tasks, however it was read. */
export interface Arrived extends Pick<TaskDelivery, "address" | "storedAt"> {
  readonly message: Pick<Inbound, "head" | "payload">;
}

/** Reads a moved message; undefined when it is none, `malformed_header` when it cannot be one. */
export function readMoved({ message, address, storedAt }: Arrived): Moved | undefined {
  const wrapped = readWrapped(message, storedAt);
  if (wrapped === undefined) return undefined;
  const { why, id, generation, original, signed } = wrapped;
  const from = originOf(original.subject);
  if (from === undefined || address === undefined) throw unreadable(original.subject);
  const isOwn = why === "replay" || address.agent !== from.agent;
  const mayBe = isOwn || isIdOf(id, original.head, from);
  if (address.skill !== from.skill || !mayBe) throw unreadable(id);
  return {
    ...{ why, id, generation, original, from, signed, mover: address.submitter },
    submitter: isOwn ? address.submitter : from.submitter,
  };
}

/** What a moved message says, whatever it is a message of. */
export type Wrapped = Pick<Moved, "why" | "id" | "generation" | "original" | "signed">;

/** Reads a message that was wrapped; undefined when it is none, `malformed_header` when it cannot be one. */
export function readWrapped(
  { head: outer, payload }: Pick<Inbound, "head" | "payload">,
  storedAt: Date,
): Wrapped | undefined {
  const text = field(outer, movedNeedle);
  if (text === undefined) return undefined;
  const isLong = outer.length > maxHeaderBytes || text.length > mostFacts;
  const facts = isLong ? undefined : readFacts(text);
  if (facts === undefined) throw unreadable(text);
  const { why, id, generation, sequence, subject } = facts;
  const origin = wrappedIn(outer);
  const at = new Date(facts.storedAt);
  if (at.getTime() > storedAt.getTime() + skewMs) throw unreadable(text);
  const original = { subject, head: unwrapHead(origin), payload, sequence, storedAt: at };
  return { why, id, generation, original, signed: signedBody(text, origin, payload) };
}

/** What a subject says of the message that was stored under it; undefined when it is none that can be moved. */
export function originOf(subject: string): Origin | undefined {
  const task = parseTaskSubject(subject);
  if (task.ok) return { kind: "task", ...task.value };
  const later = parseLaterSubject(subject);
  return later.ok ? { kind: "later", priority: undefined, ...later.value } : undefined;
}

const movedNeedle = needle(Header.moved);
const idNeedle = needle(Header.id);
const mostFacts = 1_024;
const mostGeneration = 1_000_000;
/** How far the clock of who moves may be ahead, in milliseconds. */
const skewMs = 5 * 60_000;

interface Facts {
  readonly why: MoveReason;
  readonly subject: string;
  readonly sequence: number;
  readonly storedAt: string;
  readonly id: string;
  readonly generation: number;
}

function factsOf(
  { subject, sequence, storedAt }: Original,
  how: Pick<Move, "why" | "id" | "generation">,
): string {
  const { why, id, generation } = how;
  const facts: Facts = { why, subject, sequence, storedAt: storedAt.toISOString(), id, generation };
  return JSON.stringify(facts);
}

function readFacts(text: string): Facts | undefined {
  try {
    const facts = JSON.parse(text) as Partial<Record<keyof Facts, unknown>> | null;
    const { why, subject, sequence, storedAt, id, generation } = facts ?? {};
    const isOne =
      moveReasons.some((reason) => reason === why) &&
      typeof subject === "string" &&
      isWhole(sequence, 1, Number.MAX_SAFE_INTEGER) &&
      typeof storedAt === "string" &&
      !Number.isNaN(Date.parse(storedAt)) &&
      typeof id === "string" &&
      isToken(id) &&
      isWhole(generation, why === "redrive" ? 1 : 0, mostGeneration);
    return isOne ? (facts as Facts) : undefined;
  } catch {
    // Bytes from anybody: what is no JSON says nothing.
    return undefined;
  }
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** Whether a message can be moved under an id: nobody moves a task under that of another one. */
export function isIdOf(id: string, head: string, { kind }: Origin): boolean {
  const own = field(head, idNeedle);
  return id === own || (kind === "later" && own !== undefined && id.startsWith(`${own}-`));
}

/** JSON has no line's end of its own, so there is one way only to read it. */
function signedBody(facts: string, origin: Headers, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify([facts, origin])}\n`), payload]);
}

function unmovable(subject: string): MeshError {
  const detail = `${subject.slice(0, 120)} is not the subject of a task, now or later: nothing else can be moved`;
  return new MeshError(MeshCode.InvalidArgument, detail);
}

function unreadable(text: string): MeshError {
  const detail = `${Header.moved} must say why, and which task of this skill it was; got ${JSON.stringify(text.slice(0, 80))}`;
  return new MeshError(MeshCode.MalformedHeader, detail);
}
