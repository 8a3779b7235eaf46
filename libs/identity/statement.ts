import { createHash } from "node:crypto";
import type { Key, PublicKey } from "./key.ts";

/** What a statement is for; a signature made for one purpose is worth nothing for another. */
export type Purpose = "mesh.envelope.1" | "mesh.card.1" | "mesh.behalf.1";

/** A value of a statement. Lists have no names, so there is one way only to write them. */
export type Field = string | number | readonly string[];

/** A signed list as it was read: what it says, and what was signed. Not verified yet. */
export interface Statement {
  readonly fields: readonly unknown[];
  readonly text: string;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** Longest text of a statement that is read, in characters. */
export const maxStatementLength = 8_192;

/**
 * A list of values and its signature in one text that fits into a header: `<fields>.<signature>`, both base64url,
 * the fields being a JSON array in UTF-8.
 *
 * Signed are the bytes that are sent, so there is nothing to bring into a canonical form. Before them stand the byte
 * 0xFF, the purpose and a zero byte: a server may have a client sign any nonce it likes, but that is text, and no
 * text holds 0xFF.
 */
export function signStatement(purpose: Purpose, fields: readonly Field[], key: Key): string {
  const body = Buffer.from(JSON.stringify(fields), "utf8");
  const signature = Buffer.from(key.sign(signable(purpose, body)));
  return `${body.toString("base64url")}.${signature.toString("base64url")}`;
}

/** Reads a statement of so many fields; undefined for everything else. */
export function readStatement(text: string, fields: number): Statement | undefined {
  if (text.length > maxStatementLength) return undefined;
  const [body, signature] = (pattern.exec(text) ?? []).slice(1).map(bytesOf);
  if (body === undefined || signature === undefined) return undefined;
  const list = parseList(body);
  return list?.length === fields ? { fields: list, text, body, signature } : undefined;
}

/** Whether the owner of this public key made the statement for this purpose. */
export function isSignedBy(statement: Statement, purpose: Purpose, key: PublicKey): boolean {
  return key.verify(signable(purpose, statement.body), statement.signature);
}

/** SHA-256 in base64url: how a statement names bytes that it does not hold. */
export function digestOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

// 64 bytes of signature are 86 characters.
const pattern = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;
const utf8 = new TextDecoder("utf-8", { fatal: true });

function signable(purpose: Purpose, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(0xff), Buffer.from(`${purpose}\0`, "latin1"), body]);
}

/** Undefined where the text is not the one way to write its bytes. */
function bytesOf(text: string): Buffer | undefined {
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
