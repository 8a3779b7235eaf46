import { allowingLine } from "@myelin/subjects";
import { MeshCode, MeshError, type Reason } from "../errors/index.ts";

/** What nats.js throws, as a MeshError: the one place that reads its names and texts; what TLS says is advice.ts's. */
export function fromNats(thrown: unknown, what: string): MeshError {
  if (thrown instanceof MeshError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const reason = reasonOf(thrown, text);
  const options = reason === undefined ? {} : { reason };
  return new MeshError(codeOf(thrown, text), `${what}: ${text}`, { cause: thrown, ...options });
}

/** A subject that the server does not let us publish or hear. */
export interface Denied {
  readonly operation: "publish" | "subscribe";
  readonly subject: string;
  /** What of `mesh.yaml` would allow it, within its workspace; undefined: nothing. */
  readonly line: string | undefined;
  readonly error: MeshError;
}

/** A permissions violation that the server reported to a user; it names no message, only the subject. */
export function deniedBy(thrown: unknown, user?: string): Denied | undefined {
  if (!(thrown instanceof Error) || thrown.name !== "PermissionViolationError") return undefined;
  const { operation, subject } = thrown as Error & { operation?: string; subject?: string };
  if (subject === undefined || subject === "") return undefined;
  const doing = operation === "subscription" ? "subscribe" : "publish";
  const line = allowingLine({ operation: doing, subject, name: user });
  const advice = line === undefined ? "no line of mesh.yaml would" : `mesh.yaml would with ${line}`;
  const detail = `the server does not let this user ${doing} to ${subject}; ${advice}`;
  const error = new MeshError(MeshCode.PermissionDenied, detail, { cause: thrown });
  return { operation: doing, subject, line, error };
}

const byName: Readonly<Record<string, MeshCode>> = {
  PermissionViolationError: MeshCode.PermissionDenied,
  AuthorizationError: MeshCode.PermissionDenied,
  UserAuthenticationExpiredError: MeshCode.PermissionDenied,
  ClosedConnectionError: MeshCode.Closed,
  DrainingConnectionError: MeshCode.Closed,
  InvalidSubjectError: MeshCode.InvalidName,
  InvalidArgumentError: MeshCode.InvalidArgument,
  ConnectionError: MeshCode.Unavailable,
  RequestError: MeshCode.Unavailable,
  NoResponders: MeshCode.Unavailable,
  TimeoutError: MeshCode.DeadlineExceeded,
};

/** What the server says for itself in an `-ERR` line; anything else it says ends the connection. */
const bySaying: readonly (readonly [RegExp, MeshCode])[] = [
  [/authentication (revoked|expired|timeout)|authorization violation/i, MeshCode.PermissionDenied],
  [/maximum payload/i, MeshCode.PayloadTooLarge],
  [/invalid (client )?subject/i, MeshCode.InvalidName],
];

/**
 * Whether a connection ended while it was made, and nobody said why. Most often for want of time: a server waits two
 * seconds for a handshake, and it or we may have been busy with something else for as long.
 */
export function wasCutOff(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code } = thrown as NodeJS.ErrnoException;
  return code === "ECONNRESET" || code === "EPIPE";
}

/** Only what the server gives as its reason; most often it gives none. */
function reasonOf(thrown: unknown, text: string): Reason | undefined {
  const isSaid = thrown instanceof Error && thrown.name === "ProtocolError";
  return isSaid && /authentication revoked/i.test(text) ? "revoked" : undefined;
}

function codeOf(thrown: unknown, text: string): MeshCode {
  if (!(thrown instanceof Error)) return MeshCode.Internal;
  if (thrown.name === "InvalidArgumentError" && text.includes("max_payload"))
    return MeshCode.PayloadTooLarge;
  // A certificate's file, as an option named it.
  if (thrown.name === "ConnectionError" && text.endsWith("doesn't exist"))
    return MeshCode.InvalidArgument;
  if (thrown.name === "ProtocolError") {
    return bySaying.find(([saying]) => saying.test(text))?.[1] ?? MeshCode.Unavailable;
  }
  const named = byName[thrown.name];
  if (named !== undefined) return named;
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === "ERR_INVALID_URL") return MeshCode.InvalidArgument;
  // Sockets, name resolution and TLS: node names each with a code.
  return typeof code === "string" ? MeshCode.Unavailable : MeshCode.Internal;
}
