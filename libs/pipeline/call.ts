import type { Operation } from "./operation.ts";
import type { Target } from "./ports.ts";
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
