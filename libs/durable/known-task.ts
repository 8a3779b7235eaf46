import { isToken } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Codec, Operation } from "../pipeline/index.ts";
import { json, type RequestHead, readRequestHead } from "../wire/index.ts";
import { type Delivery, readTaskHead } from "./delivery.ts";
import { statesOf } from "./documents.ts";
import { cancelledBy } from "./submitter.ts";

/** A delivered message that is a task, or the order to cancel one. */
export interface KnownTask {
  readonly operation: Operation;
  readonly submitter: string;
  /** The task's id; of an order to cancel, that of the task it cancels. */
  readonly id: string;
  readonly isCancel: boolean;
  readonly head: RequestHead;
  readonly codec: Codec;
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
export function readTask(delivery: Delivery, { agent, version, operations }: Reading): KnownTask {
  const { address, message } = delivery;
  if (address === undefined || address.agent !== agent) {
    throw malformed(`${message.subject} is not the subject of a task of ${agent}`);
  }
  const { submitter, skill } = address;
  const head = readRequestHead(message.head, submitter);
  const order = head.id === undefined ? undefined : cancelledBy(head.id);
  const id = order ?? head.id;
  if (id === undefined || !isToken(id)) {
    throw malformed(`a task needs an id that is a token, it has ${JSON.stringify(id ?? "none")}`);
  }
  const operation = operations.get(skill);
  if (operation === undefined || operation.streams || operation.sealed) {
    const why = operation === undefined ? "has no such skill" : "does not do it as a task";
    throw new MeshError(MeshCode.UnknownSkill, `${agent}.${skill}: ${agent} ${version} ${why}`);
  }
  const { contract } = readTaskHead(message.head);
  if (contract !== undefined && !canRead(version, contract)) {
    const detail = `${operation.key}: the task is written for ${contract.slice(0, 70)}, this is ${version}`;
    throw new MeshError(MeshCode.UnknownSkill, detail);
  }
  return {
    ...{ operation, submitter, id, head },
    isCancel: order !== undefined,
    codec: codecOf(operation, head.contentType),
    states: statesOf({ submitter, task: id, agent }),
  };
}

/** The parts of a version that must be the same: below 1.0.0 every minor one is another contract (semver 4). */
function canRead(own: string, theirs: string): boolean {
  const essence = (version: string): string => {
    const [major = "", minor = ""] = version.split(".");
    return major === "0" ? `0.${minor}` : major;
  };
  return essence(own) === essence(theirs);
}

function codecOf(operation: Operation, contentType: string = json.contentType): Codec {
  if (contentType === operation.request.contentType) return operation.request;
  if (contentType === json.contentType) return json;
  const detail = `${operation.key} is not written in ${contentType.slice(0, 80)}`;
  throw new MeshError(MeshCode.UnsupportedContentType, detail);
}

function malformed(detail: string): MeshError {
  return new MeshError(MeshCode.MalformedHeader, detail);
}
