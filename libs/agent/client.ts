import { idRule, isId } from "@myelin/subjects";
import type { z } from "zod";
import { type Contract, milliseconds, type Skill } from "../contract/index.ts";
import { conversationName } from "../durable/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Vouching } from "../identity/index.ts";
import {
  abortCode,
  type Call,
  CallRecord,
  CallSignal,
  checkSignal,
  type OnBehalf,
  type Operation,
  onAbort,
  type Replay,
  type Reply,
  type Send,
  type TraceContext,
  type Wheel,
  whyAborted,
} from "../pipeline/index.ts";
import { CallStream } from "./call-stream.ts";
import type { BindDurable, DurableMethods } from "./durable-methods.ts";

/** What a caller may say about one call. */
export interface CallOptions {
  /** How long to wait for the answer, or for the first frame, in milliseconds. Default: the skill's deadline. */
  readonly timeoutMs?: number;
  /** Gives the call up, the handler's signal is aborted; one by `AbortSignal.timeout` is a `deadline_exceeded`. */
  readonly signal?: AbortSignal;
  /** The call's id and idempotency key: 1 to 128 of letters, digits and `_.:/+=-`. Default: a new one. */
  readonly id?: string;
  /**
   * On which end user's behalf it is made. A handler's onward calls pass on what came in; `scopes` alone narrows that.
   * Default: nobody's.
   */
  readonly onBehalfOf?: OnBehalfOf;
  /**
   * The conversation that it belongs to: the callee's `ctx.conversation()` is its own side of it. 1 to 64 of letters,
   * digits, `_` and `-`. A handler's onward calls belong to the one that they are made in. Default: none.
   */
  readonly conversation?: string;
}

/** An end user and what may be done in that name, or fewer scopes than came in. */
export type OnBehalfOf = Vouching | { readonly scopes: readonly string[] };

/** Whose agent is called. */
export interface ClientOptions {
  /** The workspace that shares its skill with ours, by its name in `mesh.yaml`. Default: our own. */
  readonly workspace?: string | undefined;
}

/** A method of a typed client: a promise of the output, or an async iterable of frames. */
export type ClientMethod<S extends Skill> = S["streams"] extends true
  ? (input: z.input<S["input"]>, options?: CallOptions) => AsyncIterable<z.output<S["output"]>>
  : AnswerMethod<z.input<S["input"]>, z.output<S["output"]>>;

/** Calls a skill that answers once; `submit` stores the same as a task, for whoever serves it then. */
export interface AnswerMethod<Input, Output> extends DurableMethods<Input, Output> {
  (input: Input, options?: CallOptions): Promise<Output>;
}

/** The skills of an agent as functions, typed from its contract. */
export type Client<C extends Contract> = {
  readonly [Name in keyof C["skills"]]: ClientMethod<C["skills"][Name]>;
};

/** What an onward call inherits from the call that its handler serves. */
export interface Parent {
  readonly signal: CallSignal;
  readonly path: string;
  readonly trace: TraceContext | undefined;
  /** On whose behalf, where that was verified. */
  readonly onBehalf?: OnBehalf | undefined;
  /** The replay that it is a part of. */
  readonly replay?: Replay | undefined;
  /** The callee's side of the conversation that it is made in. */
  readonly conversation?: string | undefined;
}

/** What every client of one connection shares. */
export interface ClientParts {
  readonly name: string;
  readonly wheel: Wheel;
  readonly now: () => number;
  readonly newId: () => string;
  /** Signs on whose behalf a call to an agent is made. */
  readonly attach: (
    to: string,
    asked: OnBehalfOf | undefined,
    inherited: OnBehalf | undefined,
  ) => string;
}

/** A contract as one connection uses it: composed once, bound to each parent. */
export interface Compiled {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly send: Send;
  readonly durable: BindDurable;
}

/** Makes the client of one contract: its stack is composed once, its methods are bound per parent. */
export function createClient<C extends Contract>(
  { operations, send, durable }: Compiled,
  parts: ClientParts,
  parent: Parent | undefined,
): Client<C> {
  const client: Record<string, unknown> = {};
  for (const operation of operations.values()) {
    const asking: Asking = { operation, send, parts, parent };
    if (operation.streams) {
      client[operation.skill] = (input: unknown, options?: CallOptions) =>
        new CallStream(() => begin(asking, input, options), send);
      continue;
    }
    client[operation.skill] = Object.assign(
      (input: unknown, options?: CallOptions) => ask(asking, input, options),
      durable(operation, parent),
    );
  }
  return Object.freeze(client) as Client<C>;
}

/** What all calls of one method of a client have in common: made once for it, not for each. */
interface Asking {
  readonly operation: Operation;
  readonly send: Send;
  readonly parts: ClientParts;
  readonly parent: Parent | undefined;
}

function ask(asking: Asking, input: unknown, options: CallOptions | undefined): Promise<unknown> {
  let begun: Begun;
  try {
    begun = begin(asking, input, options);
  } catch (error) {
    return Promise.reject(error);
  }
  const answer = asking.send(begun.call).then(answerOf);
  return begun.release === undefined ? answer : answer.finally(begun.release);
}

function answerOf(reply: Reply): unknown {
  return reply.value;
}

/** A call ready to be sent, and how to let go of what may end it. */
export interface Begun {
  readonly call: Call;
  readonly release: (() => void) | undefined;
}

function begin(
  { operation, parts, parent }: Asking,
  input: unknown,
  options: CallOptions | undefined,
): Begun {
  const id = options?.id === undefined ? parts.newId() : checkedId(options.id);
  const signal = new CallSignal(parts.wheel);
  const asked = options?.timeoutMs;
  let timeoutMs = asked === undefined ? operation.deadlineMs : milliseconds("timeoutMs", asked);
  const parentEndsAt = parent?.signal.expiresAt;
  // An onward call never outlives the call it serves.
  if (parentEndsAt !== undefined) timeoutMs = Math.min(timeoutMs, parentEndsAt - parts.now());
  const call = new CallRecord(operation, input, signal);
  call.id = id;
  call.path = parent === undefined ? parts.name : `${parent.path},${parts.name}`;
  call.timeoutMs = timeoutMs;
  call.trace = parent?.trace;
  call.replay = parent?.replay;
  const talk = options?.conversation;
  call.conversation =
    talk === undefined ? parent?.conversation : conversationName("conversation", talk);
  // Who may speak for whom is each workspace's own to say: what came in does not leave it.
  const inherited = operation.workspace === undefined ? parent?.onBehalf : undefined;
  if (options?.onBehalfOf !== undefined || inherited !== undefined) {
    call.onBehalf = parts.attach(operation.agent, options?.onBehalfOf, inherited);
  }
  return { call, release: endings(signal, options?.signal, parent?.signal) };
}

/** Joins what may end a call; undefined when only its deadline can. */
function endings(
  signal: CallSignal,
  given: AbortSignal | undefined,
  parent: CallSignal | undefined,
): (() => void) | undefined {
  if (given === undefined && parent === undefined) return undefined;
  checkSignal("signal", given);
  const giveUp = (): void => signal.end(gaveUp(given));
  const onParentEnd = (reason: MeshError): void => signal.end(reason);
  if (given?.aborted === true) giveUp();
  const unhear = given === undefined ? undefined : onAbort(given, giveUp);
  parent?.onEnd(onParentEnd);
  return () => {
    unhear?.();
    parent?.offEnd(onParentEnd);
  };
}

function gaveUp(given: AbortSignal | undefined): MeshError {
  const cause: unknown = given?.reason;
  return new MeshError(abortCode(cause), `the caller gave up: ${whyAborted(cause)}`, { cause });
}

function checkedId(id: string): string {
  if (isId(id)) return id;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `id must be ${idRule}, got ${JSON.stringify(id).slice(0, 80)}`,
  );
}
