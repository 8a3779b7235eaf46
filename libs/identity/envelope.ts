import { MeshCode, MeshError } from "../errors/index.ts";
import type { PublicKey } from "./key.ts";
import { digestOf, isSignedBy, readStatement, type Statement, signStatement } from "./statement.ts";
import type { Signer } from "./trust.ts";

/** What a durable message is; a signature for one kind is worth nothing for another. */
export type EnvelopeKind = "task" | "later" | "result" | "event" | "dead" | "call";

/** What is signed of a durable message. */
export interface Letter {
  readonly kind: EnvelopeKind;
  /** For whom: an agent, a submitter, or `*` where it is for everybody. */
  readonly target: string;
  readonly subject: string;
  /** The message's id, as in `Nats-Msg-Id` or `Mesh-Id`. */
  readonly id: string;
  readonly issuedAt: Date;
  /** Stored later than this it is worth nothing. */
  readonly expiresAt: Date;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** The two headers of a signed message. */
export interface Envelope {
  /** `Mesh-Envelope`: what is signed, and the signature. */
  readonly envelope: string;
  /** `Mesh-Signer`: the signer's user JWT. */
  readonly signer: string;
}

/** An envelope as it was read; its signature is not checked yet. */
export interface OpenEnvelope extends Omit<Letter, "body"> {
  readonly digest: string;
  readonly statement: Statement;
  readonly signer: string;
}

const purpose = "mesh.envelope.1";
const fieldCount = 8;
const kinds: readonly unknown[] = ["task", "later", "result", "event", "dead", "call"];
/** Longest text of one field, in characters: a subject's bound with room to spare. */
const maxField = 1_024;

/** Signs a durable message as this user. */
export function signEnvelope(letter: Letter, { key, jwt }: Signer): Envelope {
  const { kind, target, subject, id, contentType } = letter;
  const issued = letter.issuedAt.getTime();
  const expires = letter.expiresAt.getTime();
  const digest = digestOf(letter.body);
  const fields = [kind, target, subject, id, issued, expires, contentType, digest];
  if (!areFields(fields)) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `a ${kind} to ${subject.slice(0, 80)} cannot be signed: target, subject, id and content type have at most ${maxField} characters each, times are dates`,
    );
  }
  return { envelope: signStatement(purpose, fields, key), signer: jwt };
}

/** Reads the headers of a signed message; throws `permission_denied` when they are none. */
export function openEnvelope({ envelope, signer }: Envelope): OpenEnvelope {
  const statement = readStatement(envelope, fieldCount);
  if (statement === undefined || !areFields(statement.fields)) {
    throw new MeshError(
      MeshCode.PermissionDenied,
      "the envelope cannot be read: it must be eight signed fields, <base64url>.<base64url>",
    );
  }
  const [kind, target, subject, id, issued, expires, contentType, digest] = statement.fields;
  const issuedAt = new Date(issued);
  const expiresAt = new Date(expires);
  return {
    ...{ kind, target, subject, id, issuedAt, expiresAt, contentType, digest },
    statement,
    signer,
  };
}

/** Whether the owner of this key signed it. */
export function isEnvelopeOf({ statement }: OpenEnvelope, key: PublicKey): boolean {
  return isSignedBy(statement, purpose, key);
}

type Fields = readonly [EnvelopeKind, string, string, string, number, number, string, string];

function areFields(fields: readonly unknown[]): fields is Fields {
  const [kind, target, subject, id, issued, expires, contentType, digest] = fields;
  const texts = [target, subject, id, contentType, digest];
  return (
    fields.length === fieldCount &&
    kinds.includes(kind) &&
    texts.every((text) => typeof text === "string" && text.length <= maxField) &&
    [issued, expires].every(isMoment)
  );
}

/** Milliseconds since 1970 that a Date can hold. */
function isMoment(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 8.64e15;
}
