import crypto from "node:crypto";
import type { Key, PublicKey } from "./key.ts";

/** What a statement is for; a signature made for one purpose is worth nothing for another. */
export type Purpose = "mesh.envelope.1" | "mesh.card.1" | "mesh.behalf.1" | "mesh.batch.1";

/** A value of a statement. Lists have no names, so there is one way only to write them. */
export type Field = string | number | readonly string[];

/** A signed list as it was read: what it says, and what was signed. Not verified yet. */
export interface Statement {
  readonly fields: readonly unknown[];
  readonly text: string;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
  /** How the signature covers it, when it was signed with others: see `batch.ts`. */
  readonly way: Uint8Array | undefined;
}

/** Longest text of a statement that is read, in characters. */
const maxStatementLength = 8_192;

/**
 * A list of values and its signature in one text that fits into a header: `<fields>.<signature>`, both base64url,
 * the fields being a JSON array in UTF-8.
 *
 * Signed are the bytes that are sent, so there is nothing to bring into a canonical form. Before them stand the byte
 * 0xFF, the purpose and a zero byte: a server may have a client sign any nonce it likes, but that is text, and no
 * text holds 0xFF.
 */
export function signStatement(purpose: Purpose, fields: readonly Field[], key: Key): string {
  const body = bodyOf(fields);
  return statementText(body, key.sign(signable(purpose, body)));
}

/** What is signed of a list. */
export function bodyOf(fields: readonly Field[]): Buffer {
  return Buffer.from(JSON.stringify(fields), "utf8");
}

/** A signed list as it is sent; `way` where it was signed with others. */
export function statementText(body: Buffer, signature: Buffer, way?: Buffer): string {
  const text = `${body.toString("base64url")}.${signature.toString("base64url")}`;
  return way === undefined ? text : `${text}.${way.toString("base64url")}`;
}

/** Reads a statement of so many fields; undefined for everything else. */
export function readStatement(text: string, fields: number): Statement | undefined {
  if (text.length > maxStatementLength) return undefined;
  const [first, second, third] = (pattern.exec(text) ?? []).slice(1);
  const [body, signature] = [bytesOf(first), bytesOf(second)];
  const way = bytesOf(third);
  if (body === undefined || signature === undefined) return undefined;
  if (third !== undefined && (way === undefined || !isWay(way))) return undefined;
  const list = parseList(body);
  return list?.length === fields ? { fields: list, text, body, signature, way } : undefined;
}

/** Whether the owner of this public key made the statement for this purpose, and signed it alone. */
export function isSignedBy(statement: Statement, purpose: Purpose, key: PublicKey): boolean {
  const { body, signature, way } = statement;
  return way === undefined && key.verify(signable(purpose, body), signature);
}

/** A step on the way to the root of what was signed together: a byte for the side, 32 of a hash. */
export const stepBytes = 33;
/** More statements than anybody signs at once. */
const mostSteps = 16;

function isWay({ length }: Uint8Array): boolean {
  return length % stepBytes === 0 && length <= mostSteps * stepBytes;
}

/** SHA-256 in base64url: how a statement names bytes that it does not hold. */
export function digestOf(bytes: Uint8Array | string): string {
  return oneShot === undefined
    ? crypto.createHash("sha256").update(bytes).digest("base64url")
    : oneShot("sha256", bytes, "base64url");
}

/** SHA-256 as text of 32 characters, one a byte: half the cost of a Buffer. */
export function hashOf(bytes: Uint8Array): string {
  return oneShot === undefined
    ? crypto.createHash("sha256").update(bytes).digest("binary")
    : oneShot("sha256", bytes, "binary");
}

/** Half the cost of an object that hashes; Node has it from 20.12 on. */
const oneShot: typeof crypto.hash | undefined = crypto.hash;

// 64 bytes of signature are 86 characters.
const pattern = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})(?:\.([A-Za-z0-9_-]+))?$/;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** What a signature covers: no text that a server may have signed begins like it. */
export function signable(purpose: Purpose, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`\xff${purpose}\0`, "latin1"), body]);
}

/** Undefined where the text is not the one way to write its bytes. */
function bytesOf(text: string | undefined): Buffer | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

function parseList(body: Uint8Array): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(utf8.decode(body));
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    // Bytes from anybody: what is no JSON is no statement.
    return undefined;
  }
}
