import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound } from "../nats/index.ts";
import type { Codec, Membership } from "../pipeline/index.ts";
import { json, readDomain, readError, statusOf } from "../wire/index.ts";
import type { Attempt } from "./attempt.ts";

/** The error for the server's 503, "nobody listens there"; undefined when the message is something else. */
export function noResponders(
  attempt: Attempt,
  head: string,
  membership: Membership,
): MeshError | undefined {
  if (statusOf(head) !== 503) return undefined;
  const { operation, target } = attempt.call;
  if (target === undefined) {
    const isShared = operation.workspace === undefined ? "" : ", and shared with this workspace";
    return new MeshError(
      MeshCode.UnknownAgent,
      `nobody serves ${operation.agent} now; is it started${isShared}, and is its name right?`,
      { origin: "peer" },
    );
  }
  membership.lost(operation.agent, target.instance);
  return new MeshError(MeshCode.Unavailable, `${attempt.what} is gone`, { origin: "peer" });
}

/** The error that a reply carries. */
export function failure(attempt: Attempt, message: Inbound): MeshError {
  const { failure: hidden } = attempt.call.operation.response;
  const error =
    hidden === undefined
      ? readError(message.head, () => quietly(message.payload))
      : unsealed(message, hidden);
  return new MeshError(error.code, error.detail, {
    origin: "peer",
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.domain === undefined ? {} : { domain: error.domain }),
    cause: `answered by ${attempt.what}`,
  });
}

/** An error whose reason is sealed; what stands beside it in the clear anybody on the way can have written. */
function unsealed({ head, payload }: Inbound, hidden: Codec): MeshError {
  const { code, detail, retryAfterMs } = readError(head, () => undefined);
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (payload.length === 0) return new MeshError(code, detail, retry);
  let told: unknown;
  try {
    told = hidden.decode(payload);
  } catch (error) {
    return MeshError.from(error);
  }
  if (typeof told !== "object" || told === null) return new MeshError(code, detail, retry);
  const { detail: reason, domain } = told as { detail?: unknown; domain?: unknown };
  const own = readDomain(domain);
  return new MeshError(code, typeof reason === "string" ? reason : detail, {
    ...retry,
    ...(own === undefined ? {} : { domain: own }),
  });
}

/** The value of a reply, in the content type that it names. */
export function decodeReply(
  attempt: Attempt,
  contentType: string | undefined,
  payload: Uint8Array,
): unknown {
  const { response } = attempt.call.operation;
  if (contentType === response.contentType) return response.decode(payload);
  if (contentType === undefined || contentType === json.contentType) return json.decode(payload);
  throw new MeshError(
    MeshCode.UnsupportedContentType,
    `${attempt.what} answered in ${contentType.slice(0, 80)}, expected ${response.contentType}`,
    { origin: "peer" },
  );
}

function quietly(payload: Uint8Array): unknown {
  try {
    return json.decode(payload);
  } catch {
    // The code and text in the headers stand without the body.
    return undefined;
  }
}
