import { ContentType, Header, idRule, isToken } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Codec, Operation, OwnedClaim } from "../../pipeline/index.ts";
import { json, type RequestHead, readClaim, readRequestHead } from "../../wire/index.ts";
import { type Moved, readMoved } from "../dead/moved.ts";
import { cancelledBy, cancelledFor } from "../tasks/cancelling.ts";
import { statesOf } from "../tasks/documents.ts";
import { isTaskKey } from "../tasks/submit-options.ts";
import { readTaskHead } from "../tasks/task-message.ts";
import type { TaskDelivery } from "./task-delivery.ts";

/** A delivered message that is a task, or the cancellation of one. */
export interface KnownTask {
  readonly operation: Operation;
  readonly submitter: string;
  /** The task's id; of a cancellation, that of the task it cancels. */
  readonly id: string;
  readonly isCancel: boolean;
  /** Who cancels it, where that is not its submitter. */
  readonly canceller: string | undefined;
  /** What only one of the agent's tasks may work on at once. */
  readonly key: string | undefined;
  /** How often it was redriven before this attempt. */
  readonly generation: number;
  /** What it was before somebody moved it; undefined for one that came by itself. */
  readonly moved: Moved | undefined;
  /** Where it was stored first. */
  readonly subject: string;
  readonly head: RequestHead;
  readonly codec: Codec;
  /** Where its input is, when that was too large for a message. */
  readonly claim?: OwnedClaim | undefined;
  /** The subject of a state of it. */
  readonly states: (state: string) => string;
}

/** What kind of tasks are read. */
export interface Reading {
  readonly agent: string;
  readonly version: string;
  readonly operations: ReadonlyMap<string, Operation>;
}

/** Reads a task; throws why it is none that this agent can do. */
export function readTask(
  delivery: TaskDelivery,
  { agent, version, operations }: Reading,
): KnownTask {
  const { task, skill, speaker, rawHead } = identify(delivery, agent);
  const { payload } = delivery.message;
  const { id, moved, head, isCancel } = task;
  const submitter = isCancel ? cancelledFor(payload, speaker) : speaker;
  const operation = operations.get(skill);
  if (operation === undefined || operation.streams || operation.sealed) {
    const why = operation === undefined ? "has no such skill" : "does not do it as a task";
    throw new MeshError(MeshCode.UnknownSkill, `${agent}.${skill}: ${agent} ${version} ${why}`);
  }
  const { contract, key } = readTaskHead(rawHead);
  if (contract !== undefined && !canRead(version, contract)) {
    const detail = `${operation.key}: the task is written for ${contract.slice(0, 70)}, this is ${version}`;
    throw new MeshError(MeshCode.UnknownSkill, detail);
  }
  return {
    ...{ ...task, operation, submitter },
    key: key === undefined ? undefined : checkKey(key),
    canceller: submitter === speaker ? undefined : speaker,
    ...bodyOf(operation, head.contentType, {
      payload,
      owner: ownerOf(moved, agent) ?? submitter,
    }),
    states: statesOf({ submitter, task: id, agent }),
  };
}

/** The same without the contract: whose task it is, and which; throws why it is none. */
export function readBareTask(delivery: TaskDelivery, agent: string): KnownTask {
  const { task, skill, speaker: submitter } = identify(delivery, agent);
  return {
    ...{ ...task, submitter, key: undefined, codec: json, canceller: undefined },
    states: statesOf({ submitter, task: task.id, agent }),
    operation: {
      ...{ agent, skill, key: `${agent}.${skill}`, request: json, response: json },
      ...{ streams: false, idempotent: false, deadlineMs: 0, idleMs: 0 },
    },
  };
}

/** What can be known of a task without its contract. */
interface Identified {
  readonly task: Pick<KnownTask, "id" | "moved" | "head" | "subject" | "generation" | "isCancel">;
  readonly skill: string;
  /** Who says it: of a cancellation not always the task's submitter. */
  readonly speaker: string;
  /** The headers that it was stored with first. */
  readonly rawHead: string;
}

function identify(delivery: TaskDelivery, agent: string): Identified {
  const { address, message } = delivery;
  if (address === undefined || address.agent !== agent) {
    throw malformed(`${message.subject} is not the subject of a task of ${agent}`);
  }
  const moved = readMoved(delivery);
  const { submitter: speaker } = moved ?? address;
  const rawHead = moved?.original.head ?? message.head;
  const head = readRequestHead(rawHead, moved?.from.submitter ?? speaker);
  const own = moved?.id ?? head.id;
  const cancelled = own === undefined ? undefined : cancelledBy(own);
  const id = cancelled ?? own;
  if (id === undefined || !isToken(id)) {
    throw malformed(`a task needs an id that is a token, it has ${JSON.stringify(id ?? "none")}`);
  }
  const subject = moved?.original.subject ?? message.subject;
  const generation = moved?.generation ?? 0;
  const task = { id, moved, head, subject, generation, isCancel: cancelled !== undefined };
  return { task, skill: address.skill, speaker, rawHead };
}

/** The parts of a version that must be the same: below 1.0.0 every minor one is another contract (semver 4). */
function canRead(own: string, theirs: string): boolean {
  const essence = (version: string): string => {
    const [major = "", minor = ""] = version.split(".");
    return major === "0" ? `0.${minor}` : major;
  };
  return essence(own) === essence(theirs);
}

/** Who has kept a moved task's input: its submitter; for a sandbox who moved it, since the rest is not its to read. */
function ownerOf(moved: Moved | undefined, agent: string): string | undefined {
  return moved?.from.agent === agent ? moved.from.submitter : moved?.mover;
}

/** How its input is written, and where that is when it is not in the message. */
function bodyOf(
  operation: Operation,
  contentType: string | undefined,
  { payload, owner }: { readonly payload: Uint8Array; readonly owner: string },
): Pick<KnownTask, "codec" | "claim"> {
  if (contentType !== ContentType.claim) {
    return { codec: codecOf(operation, contentType), claim: undefined };
  }
  const claim = readClaim(payload);
  const codec = codecOf(operation, claim.contentType.toLowerCase());
  return { codec, claim: { ...claim, owner } };
}

function codecOf(operation: Operation, contentType: string = json.contentType): Codec {
  if (contentType === operation.request.contentType) return operation.request;
  if (contentType === json.contentType) return json;
  const detail = `${operation.key} is not written in ${contentType.slice(0, 80)}`;
  throw new MeshError(MeshCode.UnsupportedContentType, detail);
}

function checkKey(key: string): string {
  if (isTaskKey(key)) return key;
  throw malformed(`${Header.key} must be ${idRule}, got ${JSON.stringify(key.slice(0, 80))}`);
}

function malformed(detail: string): MeshError {
  return new MeshError(MeshCode.MalformedHeader, detail);
}
