import type { Codec, Operation } from "./operation.ts";
import type { CallSignal } from "./signal.ts";
import type { TraceContext } from "./trace.ts";

/** One attempt of a call, as it arrived at the agent that serves it. */
export interface Request {
  readonly operation: Operation;
  /** The caller's name, from the subject as the broker enforced it. */
  readonly caller: string;
  /** Whether it was sent to this very instance, by a caller that can go elsewhere. */
  readonly direct: boolean;
  readonly id: string;
  /** The agents it has come through, the caller last. */
  readonly path: string;
  readonly attempt: number;
  /** Milliseconds the caller still waits; undefined when a plain client did not say. */
  readonly timeoutMs: number | undefined;
  /** Ends when the deadline passes or the caller gives up. */
  readonly signal: CallSignal;
  readonly trace: TraceContext | undefined;
  readonly payload: Uint8Array;
  /** The payload decoded and checked; undefined until the validate layer has put it here. */
  readonly input: unknown;
  /** What the payload is written in; the answer is written in the same. */
  readonly codec: Codec;
}

/** Serves one request: the answer's value, or an async iterable of frames for a skill that streams. */
export type Serve = (request: Request) => Promise<unknown>;

/** Wraps a Serve. The order of layers is given once, in `serve/stack.ts`. */
export type ServeLayer = (next: Serve) => Serve;
