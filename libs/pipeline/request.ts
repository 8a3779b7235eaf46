import type { EventArrival } from "./event.ts";
import type { OwnedClaim } from "./large.ts";
import type { Codec, Operation } from "./operation.ts";
import type { Replay } from "./replay.ts";
import type { CallSignal } from "./signal.ts";
import type { TraceContext } from "./trace.ts";

/** On whose behalf a call is made, and what may be done in that name. */
export interface OnBehalf {
  readonly user: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  /** The token that was verified; an onward call's is made from it. */
  readonly token: string;
}

/** Why a task comes, where it does not come by itself. */
export interface TaskMove {
  /** `redrive` out of the dead letters, `later` when its time has come, `replay` of what was done before. */
  readonly why: "redrive" | "later" | "replay";
  /** How often it was redriven, this time included. */
  readonly generation: number;
}

/** What the handler of a task can do beside answering. */
export interface TaskWork {
  /** Where it was stored. Default: that is not known. */
  readonly subject?: string;
  /** Default: it came by itself. */
  readonly moved?: TaskMove | undefined;
  /** What the attempt before left with `checkpoint`; undefined on the first, or when it left nothing. */
  readonly left: unknown;
  /** Tells the submitter how far it is. */
  progress(value: unknown): Promise<void>;
  /** Keeps something for the next attempt, in place of what was kept before. */
  checkpoint(value: unknown): Promise<void>;
}

/** One attempt of a call, as it arrived at the agent that serves it. */
export interface Request {
  readonly operation: Operation;
  /** The caller's name, from the subject as the broker enforced it; of another workspace, `<workspace>/<agent>`. */
  readonly caller: string;
  /** The workspace it came from, verified. Default: our own. */
  readonly workspace?: string | undefined;
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
  /** Where the payload is, when it is not here: too large for a message. Default: it is here. */
  readonly claim?: OwnedClaim | undefined;
  /** The payload decoded and checked; undefined until the validate layer has put it here. */
  readonly input: unknown;
  /** What the payload is written in; the answer is written in the same. */
  readonly codec: Codec;
  /** The conversation it belongs to, as its caller names it. Default: none. */
  readonly conversation?: string | undefined;
  /** A token that says on whose behalf it is asked, as it came. Default: none. */
  readonly behalfToken?: string | undefined;
  /** The same once the identity layer has verified it. */
  readonly onBehalf?: OnBehalf | undefined;
  /** Of a task only. */
  readonly task?: TaskWork | undefined;
  /** What it is a replay of. Default: it is no replay. */
  readonly replay?: Replay | undefined;
  /** Of an event only. */
  readonly event?: EventArrival | undefined;
}

/** A request of a class, for the reason that a call is (`CallRecord`). */
export class RequestRecord implements Request {
  readonly operation: Operation;
  readonly caller: string;
  readonly signal: CallSignal;
  workspace: string | undefined = undefined;
  direct = false;
  id = "";
  path = "";
  attempt = 1;
  timeoutMs: number | undefined = undefined;
  trace: TraceContext | undefined = undefined;
  payload: Uint8Array = nothing;
  input: unknown = undefined;
  codec: Codec;
  claim: OwnedClaim | undefined = undefined;
  conversation: string | undefined = undefined;
  behalfToken: string | undefined = undefined;
  onBehalf: OnBehalf | undefined = undefined;
  task: TaskWork | undefined = undefined;
  replay: Replay | undefined = undefined;
  event: EventArrival | undefined = undefined;

  constructor(operation: Operation, caller: string, signal: CallSignal) {
    this.operation = operation;
    this.caller = caller;
    this.signal = signal;
    this.codec = operation.request;
  }

  /** The same request, to be changed; by another caller, where its name is known only now. */
  static from(request: Request, caller = request.caller): RequestRecord {
    const copy = new RequestRecord(request.operation, caller, request.signal);
    copy.workspace = request.workspace;
    copy.direct = request.direct;
    copy.id = request.id;
    copy.path = request.path;
    copy.attempt = request.attempt;
    copy.timeoutMs = request.timeoutMs;
    copy.trace = request.trace;
    copy.payload = request.payload;
    copy.input = request.input;
    copy.codec = request.codec;
    copy.claim = request.claim;
    copy.conversation = request.conversation;
    copy.behalfToken = request.behalfToken;
    copy.onBehalf = request.onBehalf;
    copy.task = request.task;
    copy.replay = request.replay;
    copy.event = request.event;
    return copy;
  }
}

const nothing = new Uint8Array(0);

/** Serves one request: the answer's value, or an async iterable of frames for a skill that streams. */
export type Serve = (request: Request) => Promise<unknown>;

/** Wraps a Serve. The order of layers is given once, in `serve/stack.ts`. */
export type ServeLayer = (next: Serve) => Serve;
