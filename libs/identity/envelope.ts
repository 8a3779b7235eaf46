import { MeshCode, MeshError } from "../errors/index.ts";
import { signTree, type TreeCheck } from "./batch.ts";
import type { PublicKey } from "./key.ts";
import {
  bodyOf,
  digestOf,
  readStatement,
  type Statement,
  signStatement,
  statementText,
} from "./statement.ts";
import type { Signer } from "./trust.ts";

/** What a durable message is; a signature for one kind is worth nothing for another. */
export type EnvelopeKind = "task" | "later" | "result" | "event" | "dead" | "call" | "moved";

/** What is signed of a durable message. */
export interface Letter<Body extends Uint8Array | string = Uint8Array> {
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
  /** Text stands for its UTF-8. */
  readonly body: Body;
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
const kinds: readonly unknown[] = ["task", "later", "result", "event", "dead", "call", "moved"];
/** Longest text of one field, in characters: a subject's bound with room to spare. */
const maxField = 1_024;

/** Signs a durable message as this user. */
export function signEnvelope(letter: Letter<Uint8Array | string>, { key, jwt }: Signer): Envelope {
  return { envelope: signStatement(purpose, fieldsOf(letter), key), signer: jwt };
}

/** Signs several as one: cheaper for who signs them and who checks them, each as good by itself. */
export function signEnvelopes(
  letters: readonly Letter<Uint8Array | string>[],
  signer: Signer,
): readonly Envelope[] {
  const [alone, ...others] = letters;
  if (alone === undefined) return [];
  if (others.length === 0) return [signEnvelope(alone, signer)];
  const bodies = letters.map((letter) => bodyOf(fieldsOf(letter)));
  const { signature, ways } = signTree(purpose, bodies, signer.key);
  return bodies.map((body, at) => ({
    envelope: statementText(body, signature, ways[at]),
    signer: signer.jwt,
  }));
}

function fieldsOf(letter: Letter<Uint8Array | string>): Fields {
  const { kind, target, subject, id, contentType } = letter;
  const issued = letter.issuedAt.getTime();
  const expires = letter.expiresAt.getTime();
  const digest = digestOf(letter.body);
  const fields = [kind, target, subject, id, issued, expires, contentType, digest];
  if (areFields(fields)) return fields;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `a ${kind} to ${subject.slice(0, 80)} cannot be signed: target, subject, id and content type have at most ${maxField} characters each, times are dates`,
  );
}

/** Reads the headers of a signed message; throws `permission_denied` when they are none. */
export function openEnvelope({ envelope, signer }: Envelope): OpenEnvelope {
  const statement = readStatement(envelope, fieldCount);
  if (statement === undefined || !areFields(statement.fields)) {
    throw new MeshError(
      MeshCode.PermissionDenied,
      "the envelope cannot be read: it must be eight signed fields, <base64url>.<base64url>, with a third part where it was signed with others",
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
export function isEnvelopeOf(
  { statement }: OpenEnvelope,
  key: PublicKey,
  trees: TreeCheck,
): boolean {
  return trees.holds(statement, purpose, key);
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
