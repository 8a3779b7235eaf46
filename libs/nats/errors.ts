import { MeshCode, MeshError } from "../errors/index.ts";

/** What nats.js throws, as a MeshError: the one place that reads its names and texts. */
export function fromNats(thrown: unknown, what: string): MeshError {
  if (thrown instanceof MeshError) return thrown;
  const name = thrown instanceof Error ? thrown.name : "";
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new MeshError(codeOf(name, text), `${what}: ${text}`, { cause: thrown });
}

function codeOf(name: string, text: string): MeshCode {
  if (name === "PermissionViolationError" || name === "AuthorizationError")
    return MeshCode.PermissionDenied;
  if (name === "UserAuthenticationExpiredError") return MeshCode.PermissionDenied;
  if (name === "ClosedConnectionError" || name === "DrainingConnectionError")
    return MeshCode.Closed;
  if (name === "InvalidSubjectError") return MeshCode.InvalidName;
  if (name === "InvalidArgumentError") {
    return text.includes("max_payload") ? MeshCode.PayloadTooLarge : MeshCode.InvalidArgument;
  }
  return MeshCode.Unavailable;
}
