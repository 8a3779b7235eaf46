import { createHash } from "node:crypto";
import { Header } from "@myelin/subjects";
import { type EnvelopeKind, type Signer, signEnvelope } from "../identity/index.ts";
import { randomToken } from "../pipeline/index.ts";
import type { Headers } from "./store.ts";

/** What of a durable message is signed. */
export interface Signable {
  readonly kind: EnvelopeKind;
  readonly target: string;
  readonly subject: string;
  readonly id: string;
  readonly contentType: string;
  readonly payload: Uint8Array | string;
  /** Stored later than so many milliseconds from now it is worth nothing. */
  readonly lifeMs: number;
}

/** The headers that sign a message; none where there is nothing to sign with. */
export function envelopeHeaders(letter: Signable, signer: Signer | undefined): Headers {
  if (signer === undefined) return [];
  const { kind, target, subject, id, contentType, payload, lifeMs } = letter;
  const issuedAt = new Date();
  const expiresAt = new Date(issuedAt.getTime() + lifeMs);
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  const about = { kind, target, subject, id, contentType, body };
  const signed = signEnvelope({ ...about, issuedAt, expiresAt }, signer);
  return [
    [Header.envelope, signed.envelope],
    [Header.signer, signed.signer],
  ];
}

/**
 * A message's id for the store, which nobody else can use up first.
 *
 * Ids are shared by all who write to a stream, and a known one could be taken before. So it is made with the key of
 * who writes: Ed25519 signs the same text always the same, and no other can.
 */
export function messageId(what: string, signer: Signer | undefined): string {
  const text = Buffer.concat([Buffer.of(0xff), Buffer.from(`mesh.message-id.1\0${what}`)]);
  const secret = signer === undefined ? text : signer.key.sign(text);
  return createHash("sha256").update(secret).digest("base64url");
}

/** An id for a message that is written once: another try of the same writing is not stored again. */
export function onceId(): string {
  return randomToken();
}
