/** Names of the headers that cross the wire. Few and short: a header costs more than a layer. */
export const Header = Object.freeze({
  /** W3C trace context. */
  traceparent: "traceparent",
  tracestate: "tracestate",
  baggage: "baggage",
  /** Milliseconds left for the call, relative, so that clocks need not agree. */
  timeout: "Mesh-Timeout",
  /** The call's id and idempotency key, the same on each attempt. */
  id: "Mesh-Id",
  /** The agents this call has come through, comma-separated, the first caller first. */
  path: "Mesh-Path",
  /** Which attempt this is; absent on the first. */
  attempt: "Mesh-Attempt",
  /** On a call that streams: bytes the caller has room for. Absent: it takes frames as they come. */
  credit: "Mesh-Credit",
  /** On a reply: `<instance> <load>`, the load being calls running and waiting there. */
  from: "Mesh-From",
  /** On the last, empty message of a stream: how many frames came before it. */
  frames: "Mesh-Frames",
  /** Our error code. */
  error: "Mesh-Error",
  /** Milliseconds to wait before another attempt. */
  retryAfter: "Mesh-Retry-After",
  /** ADR-32: the error's text and status. */
  serviceError: "Nats-Service-Error",
  serviceErrorCode: "Nats-Service-Error-Code",
  /** On a call: the token that says on whose behalf it is made. */
  onBehalf: "Mesh-On-Behalf",
  /** On a durable message and a call to another workspace: what is signed of it, and the signature. */
  envelope: "Mesh-Envelope",
  /** The user JWT of who signed it. */
  signer: "Mesh-Signer",
  /** On a call to another workspace: names the attempt, since the server writes another reply subject there. */
  token: "Mesh-Token",
  /** Version of the wire, when it is not 1. */
  version: "Mesh-Version",
  /** On a task: the version of the contract that it was written for. */
  contract: "Mesh-Contract",
  /** On a task: what only one of its agent's tasks may work on at once. */
  key: "Mesh-Key",
  /** On a task's state or result: the skill that it belongs to. */
  skill: "Mesh-Skill",
  /** On a copy of a call or its answer: what the copy is of, as JSON. */
  record: "Mesh-Record",
  /** On what is done once more to be looked at: what it is a replay of. */
  replay: "Mesh-Replay",
  /** On a call or task: the conversation that it belongs to, as its caller names it. */
  conversation: "Mesh-Conversation",
  /** On a dead letter: what became of it, as JSON. */
  dead: "Mesh-Dead",
  /** On a task that was moved: why, and what it was, as JSON. */
  moved: "Mesh-Moved",
  /** On a task's state or result: how often the task was redriven before; absent while never. */
  generation: "Mesh-Generation",
  /** On an order for later: when, as JSON. */
  later: "Mesh-Later",
  /** On a schedule: which order it carries out, by its place in its stream and the time it was stored there. */
  order: "Mesh-Order",
  contentType: "Content-Type",
} as const);

/** Headers that the store reads and writes. */
export const StoreHeader = Object.freeze({
  /** A message with an id that came within the last two minutes is not stored again. */
  id: "Nats-Msg-Id",
  /** Stored only when this is the last sequence of the subject, or of the one that the next header names. */
  expected: "Nats-Expected-Last-Subject-Sequence",
  expectedOf: "Nats-Expected-Last-Subject-Sequence-Subject",
  /** On a message that is read directly: where it lies, and since when. */
  stream: "Nats-Stream",
  subject: "Nats-Subject",
  sequence: "Nats-Sequence",
  storedAt: "Nats-Time-Stamp",
  /** When the server puts a copy of the message on the target: `@at <time>`, or a cron of six fields. */
  schedule: "Nats-Schedule",
  scheduleTarget: "Nats-Schedule-Target",
  scheduleZone: "Nats-Schedule-Time-Zone",
  /** `sub`: the message takes the place of all others of its subject. */
  rollup: "Nats-Rollup",
  /** How long the store keeps the message, such as `60s`. */
  ttl: "Nats-TTL",
} as const);

/** Content types of payloads. Without the header a payload is JSON. */
export const ContentType = Object.freeze({
  json: "application/json",
  protobuf: "application/protobuf",
  /** Sealed for one reader; a request's has the parameter `key`, the public key of who seals. */
  sealed: "application/vnd.myelin.sealed",
  /** Stands for a payload that lies in the store: the body says which. */
  claim: "application/vnd.myelin.claim",
} as const);

/** Before the names of the headers that a dead letter had while it lived. */
export const originPrefix = "Origin-";

/** Most agents a call may come through. */
export const maxPathLength = 32;

/** Most bytes of headers that are read; more is refused. */
export const maxHeaderBytes = 16_384;
