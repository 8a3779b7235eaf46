import { MeshCode, MeshError } from "../errors/index.ts";
import type { Claim } from "../pipeline/index.ts";

/** Largest payload that is kept in place of a message's own: 64 MiB, and room for what surrounds them. */
const mostClaimedBytes = 68_157_440;

/** Parts are no smaller, but for the last: a claim may not make its reader ask a million times. */
export const leastPartBytes = 1_024;
const mostPartBytes = 8_388_608;
const mostTextBytes = 1_024;

/** The body of a message with a claim. */
export function writeClaim({ id, bytes, partBytes, sha256, contentType }: Claim): string {
  return JSON.stringify({ claim: 1, id, bytes, partBytes, sha256, type: contentType });
}

/** Reads a claim; throws `malformed_payload`, or `payload_too_large` for one of more than is kept. */
export function readClaim(body: Uint8Array): Claim {
  const { claim, id, bytes, partBytes, sha256, type } = fieldsOf(body);
  if (claim !== 1) throw malformed("its version is not 1");
  if (!isText(id, /^[\w-]{16,64}$/)) throw malformed("its id is none");
  if (!isText(sha256, /^[\w-]{43}$/)) throw malformed("its digest is none");
  if (!isText(type, /^[ -~]{1,256}$/)) throw malformed("its content type is none");
  if (!isWhole(bytes, 1, Number.MAX_SAFE_INTEGER)) throw malformed("its size is none");
  if (!isWhole(partBytes, leastPartBytes, mostPartBytes)) {
    throw malformed(`its parts must have ${leastPartBytes} to ${mostPartBytes} bytes each`);
  }
  checkClaimed(bytes);
  return { id, bytes, partBytes, sha256, contentType: type };
}

/** Throws `payload_too_large` for more than is kept. */
export function checkClaimed(bytes: number): void {
  if (bytes <= mostClaimedBytes) return;
  throw new MeshError(
    MeshCode.PayloadTooLarge,
    `a payload of ${bytes} bytes; the store takes ${mostClaimedBytes} at most, send less, or a reference to it`,
  );
}

function fieldsOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  if (body.length > mostTextBytes) throw malformed(`it has ${body.length} bytes`);
  try {
    const fields: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    if (typeof fields === "object" && fields !== null) return fields as Record<string, unknown>;
  } catch {
    // Said below: whatever is no JSON is no claim.
  }
  throw malformed("it is no JSON object");
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function malformed(why: string): MeshError {
  return new MeshError(
    MeshCode.MalformedPayload,
    `the claim of a payload in the store cannot be read: ${why}`,
  );
}
