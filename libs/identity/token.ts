import { MeshCode, MeshError } from "../errors/index.ts";
import { type KeyKind, openPublicKey } from "./key.ts";
import { kindOfPublic } from "./key-text.ts";
import { quoted } from "./names.ts";

/** What every JWT of NATS says, read and checked against its signature. Who signed it is not judged here. */
export interface Token {
  readonly name: string;
  /** The public key it is about. */
  readonly subject: string;
  /** The public key that signed it. */
  readonly issuedBy: string;
  readonly issuedAt: Date;
  readonly notBefore: Date | undefined;
  readonly expiresAt: Date | undefined;
  /** What is said about the subject. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Longest JWT that is read at all, in characters: an account's may fill a message, the others a control line. */
const maxLength: Readonly<Record<KeyKind, number>> = Object.freeze({
  operator: 64 * 1024,
  account: 2 * 1024 * 1024,
  user: 16 * 1024,
});

const base64url = /^[A-Za-z0-9_-]+$/;
const strictText = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a JWT of this kind and checks its signature by the key it names.
 *
 * Throws `malformed_payload` for what is no such JWT, `permission_denied` where the signature is wrong.
 */
export function readToken(kind: KeyKind, jwt: string): Token {
  const [head, body, signature] = split(kind, jwt);
  const header = parse(kind, "header", head);
  const type = header["typ"];
  // Only the second algorithm signs its own header; the first would let a reader be told another one.
  if ((type !== "JWT" && type !== "jwt") || header["alg"] !== "ed25519-nkey") {
    throw unreadable(kind, "its header is not that of a NATS JWT, typ JWT and alg ed25519-nkey");
  }
  const token = readBody(kind, parse(kind, "body", body));
  const signer = openPublicKey(token.issuedBy);
  const signed = Buffer.from(`${head}.${body}`, "latin1");
  if (signer === undefined || !signer.verify(signed, bytesOf(kind, "signature", signature))) {
    throw new MeshError(
      MeshCode.PermissionDenied,
      `the ${kind} JWT of ${quoted(token.name)} was altered after ${token.issuedBy} signed it, or that key never signed it; ask for a new one`,
    );
  }
  return token;
}

function split(kind: KeyKind, jwt: string): readonly [string, string, string] {
  if (typeof jwt !== "string") throw unreadable(kind, `it is ${typeof jwt}, not text`);
  if (jwt.length > maxLength[kind]) {
    throw unreadable(kind, `it has ${jwt.length} characters, the limit is ${maxLength[kind]}`);
  }
  const [head, body, signature, ...more] = jwt.split(".", 4);
  if (head === undefined || body === undefined || signature === undefined || more.length > 0) {
    throw unreadable(kind, "it is not three parts joined by dots");
  }
  return [head, body, signature];
}

function readBody(kind: KeyKind, body: Readonly<Record<string, unknown>>): Token {
  const { name, sub, iss, nats } = body;
  if (!isRecord(nats) || nats["type"] !== kind || nats["version"] !== 2) {
    throw unreadable(kind, `it does not say type ${kind} and version 2`);
  }
  if (typeof name !== "string") throw unreadable(kind, "it has no name");
  if (typeof sub !== "string" || kindOfPublic(sub) !== kind) {
    throw unreadable(kind, `its subject is not the public key of its kind`);
  }
  if (typeof iss !== "string" || kindOfPublic(iss) === undefined) {
    throw unreadable(kind, "its issuer is not a public key");
  }
  const issuedAt = time(kind, "iat", body);
  if (issuedAt === undefined) throw unreadable(kind, "it does not say when it was issued");
  return Object.freeze({
    name,
    subject: sub,
    issuedBy: iss,
    issuedAt,
    notBefore: time(kind, "nbf", body),
    expiresAt: time(kind, "exp", body),
    claims: nats,
  });
}

/** A time in unix seconds; 0 says none, as it does to the server. */
function time(
  kind: KeyKind,
  field: string,
  body: Readonly<Record<string, unknown>>,
): Date | undefined {
  const seconds = body[field];
  if (seconds === undefined || seconds === 0) return undefined;
  // 8.64e12 s is the last moment that a Date can hold.
  if (typeof seconds === "number" && Number.isInteger(seconds) && seconds > 0 && seconds < 8.64e12)
    return new Date(seconds * 1_000);
  throw unreadable(kind, `its ${field} is not a time in unix seconds`);
}

function parse(kind: KeyKind, part: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(strictText.decode(bytesOf(kind, part, text)));
    if (isRecord(value)) return value;
  } catch (cause) {
    if (cause instanceof MeshError) throw cause;
  }
  throw unreadable(kind, `its ${part} is not a JSON object`);
}

/** The bytes of a part; only the one way to write them passes, so that no two texts are the same JWT. */
function bytesOf(kind: KeyKind, part: string, text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64url");
  if (base64url.test(text) && bytes.toString("base64url") === text) return bytes;
  throw unreadable(kind, `its ${part} is not base64url`);
}

function unreadable(kind: KeyKind, why: string): MeshError {
  const article = kind === "user" ? "a" : "an";
  return new MeshError(MeshCode.MalformedPayload, `this is not ${article} ${kind} JWT: ${why}`);
}

/** Whether a value from JSON is an object with fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
