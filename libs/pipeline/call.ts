import type { Operation } from "./operation.ts";
import type { Target } from "./ports.ts";
import type { Replay } from "./replay.ts";
import type { CallSignal } from "./signal.ts";
import type { TraceContext } from "./trace.ts";

/** One question from one caller, however many attempts it takes. */
export interface Call {
  readonly operation: Operation;
  /** As the caller gave it; it crosses the wire like this, once checked. */
  readonly input: unknown;
  /** Also the idempotency key: the same on each attempt. */
  readonly id: string;
  /** The agents it has come through, this one last, as the header has it. */
  readonly path: string;
  /** What the caller allows for it, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the call and every wait in it. */
  readonly signal: CallSignal;
  /** Where this call hangs in a trace; the trace layer puts its own span here. */
  readonly trace: TraceContext | undefined;
  /** 1 on the first. */
  readonly attempt: number;
  /** Instances that failed this call already; `pick` avoids them and adds to them. */
  readonly tried: string[];
  /** The instance picked for this attempt; undefined is whoever has room. */
  readonly target: Target | undefined;
  /** The token that says on whose behalf it is made. Default: none. */
  readonly onBehalf?: string | undefined;
  /** What it is done for, where that is a replay. Default: it is for none. */
  readonly replay?: Replay | undefined;
  /** The conversation it belongs to, as its caller names it. Default: none. */
  readonly conversation?: string | undefined;
}

/**
 * A call of a class, where a literal would do: objects that live as long as a call are no literals on this path.
 *
 * When V8 sees that what one literal makes outlives a few collections, it puts all that it makes from then on among
 * the old objects, and each keeps the whole call's graph until a full collection. One process in two ran into it, and
 * paid 4 µs a call. What a class makes is never treated so.
 */
export class CallRecord implements Call {
  readonly operation: Operation;
  readonly input: unknown;
  readonly signal: CallSignal;
  id = "";
  path = "";
  timeoutMs = 0;
  trace: TraceContext | undefined = undefined;
  attempt = 1;
  tried: string[];
  target: Target | undefined = undefined;
  onBehalf: string | undefined = undefined;
  replay: Replay | undefined = undefined;
  conversation: string | undefined = undefined;

  constructor(operation: Operation, input: unknown, signal: CallSignal, tried?: string[]) {
    this.operation = operation;
    this.input = input;
    this.signal = signal;
    // Not a literal either.
    this.tried = tried ?? Array.of<string>();
  }

  /** The same call, to be changed. */
  static from(call: Call, operation: Operation = call.operation): CallRecord {
    const copy = new CallRecord(operation, call.input, call.signal, call.tried);
    copy.id = call.id;
    copy.path = call.path;
    copy.timeoutMs = call.timeoutMs;
    copy.trace = call.trace;
    copy.attempt = call.attempt;
    copy.target = call.target;
    copy.onBehalf = call.onBehalf;
    copy.replay = call.replay;
    copy.conversation = call.conversation;
    return copy;
  }
}

/** The same call, in another place of its trace. */
export function traced(call: Call, trace: TraceContext | undefined): Call {
  if (trace === call.trace) return call;
  const copy = CallRecord.from(call);
  copy.trace = trace;
  return copy;
}

/** What came back: a value, or the frames of a stream. */
export interface Reply {
  /** The answer, decoded; for a skill that streams, an async iterable of decoded frames. */
  readonly value: unknown;
  /** Who answered, where it said so. */
  readonly instance: string | undefined;
  /** Calls running and waiting there when it answered. */
  readonly load: number | undefined;
}

/** Sends one call and brings its reply. */
export type Send = (call: Call) => Promise<Reply>;

/** Wraps a Send. The order of layers is given once, in `call/stack.ts`. */
export type Layer = (next: Send) => Send;
