import { Header, StoreHeader } from "@myelin/subjects";
import type { Signer } from "../../identity/index.ts";
import type { Operation, Replay, TraceContext } from "../../pipeline/index.ts";
import { formatTraceparent } from "../../telemetry/index.ts";
import { field, json, needle, writeReplay } from "../../wire/index.ts";
import { type Plan, signedOrder, writePlan } from "../later/plan.ts";
import { messageId, onceId, type Signing } from "../stored/signing.ts";
import type { Headers, OutMessage } from "../stored/store.ts";

/** A task, a cancellation, or an order for later, before it has its headers. */
export interface TaskMessage {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly id: string;
  readonly operation: Operation;
  /** How long it is worth doing, in milliseconds. */
  readonly deadlineMs: number;
  /** Default: as the skill takes it. */
  readonly contentType?: string;
  /** What only one task of the agent may work on at once. Default: nothing. */
  readonly key?: string | undefined;
  /** The conversation that it belongs to. Default: none. */
  readonly conversation?: string | undefined;
  /** Of what is not for now. */
  readonly plan?: Plan | undefined;
  /** The replay that it is submitted in. Default: none. */
  readonly replay?: Replay | undefined;
  readonly trace?: TraceContext | undefined;
}

/** Who writes it. */
export interface Writer {
  readonly name: string;
  readonly signer: Signer | undefined;
  readonly signing: Signing;
}

const needles = {
  id: needle(Header.id),
  contract: needle(Header.contract),
  key: needle(Header.key),
};

/** What a task says of itself beside a call's headers. */
export function readTaskHead(head: string) {
  return {
    id: field(head, needles.id),
    contract: field(head, needles.contract),
    key: field(head, needles.key),
  };
}

/** How long a task's signature holds at least, in milliseconds. */
const leastSignedMs = 600_000;

/** The message with its headers: whose it is, until when, and who signs for it. */
export function writeTask(
  { name, signer, signing }: Writer,
  task: TaskMessage,
): OutMessage | Promise<OutMessage> {
  const { operation, id, subject, deadlineMs, key, conversation, plan, replay, trace } = task;
  const { contentType = operation.request.contentType } = task;
  const target = operation.agent;
  const order = plan === undefined ? undefined : writePlan(plan);
  const kind = order === undefined ? "task" : "later";
  const payload = order === undefined ? task.payload : signedOrder(order, task.payload);
  // The same task twice is one; what is said of a schedule later is something new.
  const isOnce = plan === undefined || plan.does === "once";
  const what = `${order === undefined ? "" : "later "}${target} ${name} ${id}`;
  const own: Headers[number][] = [
    [StoreHeader.id, isOnce ? messageId(what, signer) : onceId()],
    [Header.id, id],
    [Header.timeout, Math.ceil(deadlineMs)],
    [Header.contract, operation.version],
    [Header.traceparent, trace === undefined ? undefined : formatTraceparent(trace)],
  ];
  // They live until the store has answered: those that are not there would be half of them.
  if (order !== undefined) own.push([Header.later, order]);
  if (key !== undefined) own.push([Header.key, key]);
  if (conversation !== undefined) own.push([Header.conversation, conversation]);
  if (replay !== undefined) own.push([Header.replay, writeReplay(replay)]);
  if (contentType !== json.contentType) own.push([Header.contentType, contentType]);
  // That a task comes too late is its deadline's to say: a signature that has expired is a forgery's error.
  const signed = { lifeMs: Math.max(deadlineMs, leastSignedMs) };
  const about = { kind, target, subject, id, contentType, payload, ...signed } as const;
  const envelope = signing.headers(about);
  const message = (signature: Headers): OutMessage => {
    return { subject, payload: task.payload, headers: own.concat(signature) };
  };
  return envelope instanceof Promise ? envelope.then(message) : message(envelope);
}
