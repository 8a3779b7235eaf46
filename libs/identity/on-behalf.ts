import { isToken } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import { digestOf, readStatement, type Statement, signStatement } from "./statement.ts";
import type { Signer } from "./trust.ts";

/** On whose behalf a call is made, and what may be done in that name. */
export interface OnBehalf {
  readonly user: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
}

/** A token as it came and was verified: what a handler reads, and what an onward call is made from. */
export interface Vouched extends OnBehalf {
  readonly token: string;
}

/** One agent's part of a token: to whom it hands the right on, how much of it, until when. */
export interface Block {
  readonly user: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  readonly issuedAt: Date;
  readonly to: string;
  /** The digest of the token that this block was added to; empty in the first. */
  readonly after: string;
  readonly statement: Statement;
  /** The user JWT of who signed it. */
  readonly signer: string;
}

/** Bounds of a token: agents it goes through, its text, its scopes, and its life. */
export const behalfLimits = Object.freeze({
  hops: 8,
  characters: 12_288,
  scopes: 32,
  leastMs: 1_000,
  usualMs: 300_000,
  mostMs: 3_600_000,
});

/** What a token is signed for. */
export const behalfPurpose = "mesh.behalf.1";

/** What the first agent says of an end user. */
export interface Vouching {
  /** Whom: 1 to 128 printable characters without spaces. */
  readonly user: string;
  readonly scopes: readonly string[];
  /** How long it holds, in milliseconds. Default: 300000; at most an hour. */
  readonly ttlMs?: number;
}

/** A new token for one agent, that speaks of an end user. Whether this signer may vouch, its reader judges. */
export function vouch(vouching: Vouching, to: string, now: Date, signer: Signer): string {
  const ttlMs = vouching.ttlMs ?? behalfLimits.usualMs;
  if (!(ttlMs >= behalfLimits.leastMs && ttlMs <= behalfLimits.mostMs)) {
    throw invalid(
      `onBehalfOf.ttlMs must be ${behalfLimits.leastMs} to ${behalfLimits.mostMs} milliseconds, got ${String(ttlMs)}`,
    );
  }
  const expires = now.getTime() + Math.floor(ttlMs);
  return write("", { ...vouching, expires }, { to, now, signer });
}

/** The token of a call that came in, handed on to one more agent, with all its scopes or fewer. */
export function handOn(
  vouched: Vouched,
  scopes: readonly string[] | undefined,
  to: string,
  now: Date,
  signer: Signer,
): string {
  const more = scopes?.find((scope) => !vouched.scopes.includes(scope));
  if (more !== undefined) {
    throw new MeshError(
      MeshCode.PermissionDenied,
      `onBehalfOf.scopes can only be narrowed: ${quoted(more)} is not among those of ${vouched.user}, ${vouched.scopes.join(", ") || "none"}`,
    );
  }
  const { user, token } = vouched;
  const rest = { user, scopes: scopes ?? vouched.scopes, expires: vouched.expiresAt.getTime() };
  return write(token, rest, { to, now, signer });
}

/** Reads the blocks of a token, the first agent's first; throws `permission_denied` when it is none. */
export function readBlocks(token: string): readonly [Block, ...Block[]] {
  if (token.length > behalfLimits.characters) {
    throw denied(`it has ${token.length} characters, at most ${behalfLimits.characters} are read`);
  }
  const parts = token.split(separator, behalfLimits.hops + 1);
  if (parts.length > behalfLimits.hops) {
    throw denied(`it went through more than ${behalfLimits.hops} agents`);
  }
  const [first, ...others] = parts.map(readBlock);
  if (first === undefined) throw denied("it is empty");
  return [first, ...others];
}

/** The text that the block after these is bound to. */
export function bindingOf(token: string, blocks: number): string {
  return digestOf(token.split(separator, blocks).join(separator));
}

/** Whether a value may be the user or a scope. */
function isWord(value: unknown): value is string {
  return typeof value === "string" && wordPattern.test(value);
}

const wordPattern = /^[!-~]{1,128}$/;
// Neither base64url nor a JWT has these.
const separator = ",";
const signerMark = "~";
const fieldCount = 6;

interface Rest {
  readonly user: string;
  readonly scopes: readonly string[];
  readonly expires: number;
}

interface Hop {
  readonly to: string;
  readonly now: Date;
  readonly signer: Signer;
}

function write(before: string, { user, scopes, expires }: Rest, { to, now, signer }: Hop): string {
  if (!isWord(user) || !areScopes(scopes)) {
    throw invalid(
      `onBehalfOf must be a user and at most ${behalfLimits.scopes} different scopes, each 1 to 128 printable characters without spaces, got user ${quoted(user)} and scopes ${quoted(scopes)}`,
    );
  }
  const after = before === "" ? "" : digestOf(before);
  const fields = [after, user, [...scopes], expires, now.getTime(), to];
  const block = `${signStatement(behalfPurpose, fields, signer.key)}${signerMark}${signer.jwt}`;
  const token = before === "" ? block : `${before}${separator}${block}`;
  const hops = token.split(separator).length;
  if (hops <= behalfLimits.hops && token.length <= behalfLimits.characters) return token;
  throw denied(
    `it would go through ${hops} agents in ${token.length} characters, at most ${behalfLimits.hops} and ${behalfLimits.characters} are read`,
  );
}

function readBlock(text: string): Block {
  const [signed = "", signer = "", ...more] = text.split(signerMark, 3);
  const statement = readStatement(signed, fieldCount);
  if (statement === undefined || signer === "" || more.length > 0) throw unreadable();
  const [after, user, scopes, expires, issued, to] = statement.fields;
  if (typeof after !== "string" || !isWord(user) || !areScopes(scopes)) throw unreadable();
  if (typeof to !== "string" || !isToken(to) || !isMoment(expires) || !isMoment(issued)) {
    throw unreadable();
  }
  const [expiresAt, issuedAt] = [new Date(expires), new Date(issued)];
  return { user, scopes, expiresAt, issuedAt, to, after, statement, signer };
}

function areScopes(scopes: unknown): scopes is readonly string[] {
  if (!Array.isArray(scopes) || scopes.length > behalfLimits.scopes) return false;
  return scopes.every(isWord) && new Set(scopes).size === scopes.length;
}

function isMoment(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 8.64e15;
}

function invalid(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}

/** A token that is not believed, and why. */
export function denied(why: string): MeshError {
  return new MeshError(MeshCode.PermissionDenied, `the token of an end user is refused: ${why}`);
}

function unreadable(): MeshError {
  return denied(
    "it cannot be read; each block is six signed fields and its signer's JWT, joined by ~",
  );
}

function quoted(value: unknown): string {
  return (JSON.stringify(value) ?? typeof value).slice(0, 120);
}
