/** What a code means to callers, retries and the breaker. */
export interface CodeFacts {
  /** ADR-32's `Nats-Service-Error-Code`: an HTTP status, so that plain clients can read it. */
  readonly status: number;
  /**
   * Whether the same call may be attempted again.
   * `safe`: nothing was executed. `idempotent`: it may have run. `no`: it would fail again.
   */
  readonly retry: "safe" | "idempotent" | "no";
  /** Whether it tells that the far side is unwell; only that feeds the breaker. */
  readonly faultOfPeer: boolean;
  /** One line for the documentation. */
  readonly meaning: string;
}

/** Every code a MeshError can carry. Codes are never reused for another meaning. */
export const MeshCode = Object.freeze({
  InvalidArgument: "invalid_argument",
  InvalidName: "invalid_name",
  InvalidInput: "invalid_input",
  InvalidOutput: "invalid_output",
  MalformedHeader: "malformed_header",
  MalformedPayload: "malformed_payload",
  UnsupportedContentType: "unsupported_content_type",
  PayloadTooLarge: "payload_too_large",
  UnknownAgent: "unknown_agent",
  UnknownSkill: "unknown_skill",
  UnknownTask: "unknown_task",
  UnknownArtifact: "unknown_artifact",
  PermissionDenied: "permission_denied",
  Unavailable: "unavailable",
  Draining: "draining",
  Overloaded: "overloaded",
  CircuitOpen: "circuit_open",
  DeadlineExceeded: "deadline_exceeded",
  Cancelled: "cancelled",
  UnknownOutcome: "unknown_outcome",
  Conflict: "conflict",
  BrokenStream: "broken_stream",
  DomainError: "domain_error",
  HandlerFailed: "handler_failed",
  Closed: "closed",
  Internal: "internal",
} as const);

export type MeshCode = (typeof MeshCode)[keyof typeof MeshCode];

/** The frozen table of codes: the only place where it is decided what may be retried. */
export const codeTable: Readonly<Record<MeshCode, CodeFacts>> = Object.freeze({
  invalid_argument: facts(400, "no", false, "An option is out of range; nothing was started."),
  invalid_name: facts(400, "no", false, "A name breaks the token grammar."),
  invalid_input: facts(400, "no", false, "The input does not fit the skill's contract."),
  invalid_output: facts(502, "no", true, "The answer does not fit the skill's contract."),
  malformed_header: facts(400, "no", false, "A header of the mesh cannot be read."),
  malformed_payload: facts(400, "no", false, "The payload cannot be decoded."),
  unsupported_content_type: facts(
    415,
    "no",
    false,
    "The payload's content type is not spoken here.",
  ),
  payload_too_large: facts(413, "no", false, "The payload is over the server's limit."),
  unknown_agent: facts(404, "safe", false, "Nobody serves this agent now."),
  unknown_skill: facts(404, "no", false, "The agent has no skill of this name."),
  unknown_task: facts(404, "no", false, "There is no trace of a task of this id."),
  unknown_artifact: facts(404, "no", false, "There is no artifact, or version, of this name."),
  permission_denied: facts(
    403,
    "no",
    false,
    "The server does not allow this subject, or an identity does not hold.",
  ),
  unavailable: facts(
    503,
    "safe",
    true,
    "The broker or the instance cannot be reached; nothing ran.",
  ),
  draining: facts(503, "safe", false, "The instance is shutting down; nothing ran."),
  overloaded: facts(429, "safe", false, "No room for the call now; nothing ran."),
  circuit_open: facts(503, "no", false, "The breaker refuses: this skill kept failing."),
  deadline_exceeded: facts(504, "no", true, "No answer within the deadline."),
  cancelled: facts(499, "no", false, "The caller gave up."),
  unknown_outcome: facts(502, "idempotent", true, "The call was sent and its fate is not known."),
  conflict: facts(409, "no", false, "Somebody else has written meanwhile; nothing was written."),
  broken_stream: facts(502, "no", true, "Frames of a stream were lost."),
  domain_error: facts(422, "no", false, "An error that the skill declares."),
  handler_failed: facts(500, "no", true, "The handler threw an error it does not declare."),
  closed: facts(503, "no", false, "This connection or agent was closed here."),
  internal: facts(500, "no", true, "A defect in the mesh itself."),
});

/** Whether a text from the wire is one of our codes. */
export function isMeshCode(text: string): text is MeshCode {
  return Object.hasOwn(codeTable, text);
}

function facts(
  status: number,
  retry: CodeFacts["retry"],
  faultOfPeer: boolean,
  meaning: string,
): CodeFacts {
  return Object.freeze({ status, retry, faultOfPeer, meaning });
}
