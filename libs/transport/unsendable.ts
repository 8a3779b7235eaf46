import { MeshCode, MeshError } from "../errors/index.ts";
import type { Request } from "../pipeline/index.ts";

/** Whether an answer cannot be sent for what it is: JSON cannot say it, or no message and no store can hold it. */
export function isUnsendable({ code }: MeshError): boolean {
  return code === MeshCode.MalformedPayload || code === MeshCode.PayloadTooLarge;
}

/** What the caller is told: what the answer's own `toJSON` threw is for the agent's log alone. */
export function toldInstead(error: MeshError, { operation }: Request): MeshError {
  if (error.code === MeshCode.PayloadTooLarge) return error;
  const detail = `${operation.key} answered what cannot be written; its agent's log has the reason`;
  return new MeshError(MeshCode.InvalidOutput, detail, { cause: error });
}
