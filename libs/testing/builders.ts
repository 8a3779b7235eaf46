import {
  type Call,
  CallSignal,
  type Codec,
  type Operation,
  type Request,
  systemClock,
  Wheel,
} from "../pipeline/index.ts";

/** What a test says about a call; everything else is filled in. */
export interface CallParts extends Partial<Omit<Call, "operation">> {
  readonly operation?: Partial<Operation>;
}

/** What a test says about a request; everything else is filled in. */
export interface RequestParts extends Partial<Omit<Request, "operation">> {
  readonly operation?: Partial<Operation>;
}

/** A skill that answers with JSON; `key` follows the names. */
export function operation(parts: Partial<Operation> = {}): Operation {
  const agent = parts.agent ?? "far";
  const skill = parts.skill ?? "work";
  return {
    agent,
    skill,
    key: `${agent}.${skill}`,
    streams: false,
    idempotent: false,
    deadlineMs: 30_000,
    idleMs: 30_000,
    request: jsonCodec,
    response: jsonCodec,
    ...parts,
  };
}

/** A first attempt by `tester`, whose signal has no deadline until a layer sets one. */
export function call(parts: CallParts = {}): Call {
  return {
    input: {},
    id: "call-1",
    path: "tester",
    timeoutMs: 30_000,
    signal: parts.signal ?? endless(),
    trace: undefined,
    attempt: 1,
    tried: [],
    target: undefined,
    onBehalf: undefined,
    replay: undefined,
    conversation: undefined,
    ...parts,
    operation: operation(parts.operation),
  };
}

/** A request as it arrived from `tester` through the queue group. */
export function request(parts: RequestParts = {}): Request {
  return {
    caller: "tester",
    direct: false,
    id: "call-1",
    path: "tester",
    attempt: 1,
    timeoutMs: undefined,
    signal: parts.signal ?? endless(),
    trace: undefined,
    payload: jsonCodec.encode(parts.input ?? {}),
    input: undefined,
    codec: jsonCodec,
    behalfToken: undefined,
    onBehalf: undefined,
    ...parts,
    operation: operation(parts.operation),
  };
}

const jsonCodec: Codec = Object.freeze({
  contentType: "application/json",
  encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
  decode: (payload: Uint8Array): unknown => JSON.parse(Buffer.from(payload).toString("utf8")),
});

function endless(): CallSignal {
  return new CallSignal(new Wheel(systemClock));
}
