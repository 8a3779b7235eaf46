import { ContentType, Header } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Trust } from "../../identity/index.ts";
import { field, needle, readSigned, type SignedHead } from "../../wire/index.ts";

/** The account whose users are believed; throws `unavailable` while its JWT is not known. */
export async function ownAccount(
  trust: Trust,
  own: string | undefined,
  what: string,
): Promise<string> {
  if (own !== undefined && (await trust.accountJwt(own)) !== undefined) return own;
  // Not the message's fault: the store may say it later.
  throw new MeshError(MeshCode.Unavailable, `who signed ${what} cannot be verified now`);
}

/** Throws `permission_denied` where a message is not signed at all. */
export function signatureOf(head: string, what: string): SignedHead {
  const signed = readSigned(head);
  if (signed !== undefined) return signed;
  const detail = `${what} is not signed; write it with the library`;
  throw new MeshError(MeshCode.PermissionDenied, detail);
}

const typeNeedle = needle(Header.contentType);

/** The content type as it was signed, letter for letter. */
export function signedType(head: string): string {
  return field(head, typeNeedle) ?? ContentType.json;
}
