import { Prefix } from "@nats-io/nkeys";
// The package shows no codec at its door; its version is pinned, and every text is checked again here.
import { Codec } from "@nats-io/nkeys/lib/codec.js";
import { MeshCode, MeshError } from "../errors/index.ts";

/** What a key is for, as the first letters of its text form say. */
export type KeyText = "operator" | "account" | "user" | "curve";

interface Form {
  readonly prefix: Prefix;
  readonly letter: string;
}

const forms: Readonly<Record<KeyText, Form>> = Object.freeze({
  operator: { prefix: Prefix.Operator, letter: "O" },
  account: { prefix: Prefix.Account, letter: "A" },
  user: { prefix: Prefix.User, letter: "U" },
  curve: { prefix: Prefix.Curve, letter: "X" },
});

const kinds = Object.keys(forms) as readonly KeyText[];
const publicPattern = /^[A-Z2-7]{56}$/;
const seedPattern = /^S[A-Z2-7]{57}$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A public key's 32 bytes as text: `U…`, `A…`, `O…`, `X…`. */
export function publicText(kind: KeyText, raw: Uint8Array): string {
  return decoder.decode(Codec.encode(forms[kind].prefix, raw));
}

/** A seed's 32 bytes as text: `SU…`, `SA…`, `SO…`, `SX…`. */
export function seedText(kind: KeyText, raw: Uint8Array): string {
  return decoder.decode(Codec.encodeSeed(forms[kind].prefix, raw));
}

/** The bytes of a public key of this kind, or undefined where the text is none. */
export function publicBytes(kind: KeyText, text: string): Uint8Array | undefined {
  if (typeof text !== "string" || !publicPattern.test(text)) return undefined;
  if (!text.startsWith(forms[kind].letter)) return undefined;
  try {
    return Codec.decode(forms[kind].prefix, encoder.encode(text));
  } catch {
    // A wrong checksum says no more than that it is no key.
    return undefined;
  }
}

/** Which kind of public key a text is, if any. */
export function kindOfPublic(text: string): KeyText | undefined {
  const kind = kinds.find((one) => typeof text === "string" && text.startsWith(forms[one].letter));
  return kind !== undefined && publicBytes(kind, text) !== undefined ? kind : undefined;
}

/** Throws `invalid_argument` unless the text is a public key of this kind. */
export function checkPublic(what: string, kind: KeyText, text: string): string {
  if (publicBytes(kind, text) !== undefined) return text;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${what} must be the public key of ${article(kind)}, 56 characters beginning with ${forms[kind].letter}, got ${shown(text)}`,
  );
}

/** The kind and the bytes of a seed. What came is never shown: it may be a seed with a typing error. */
export function seedBytes(text: string): { readonly kind: KeyText; readonly raw: Uint8Array } {
  if (typeof text !== "string" || !seedPattern.test(text)) throw noSeed(text);
  const read = decodeSeed(text);
  const kind = kinds.find((one) => forms[one].prefix === read?.prefix);
  // Two spare bits end the text: only the one way to write a seed is one.
  if (read === undefined || kind === undefined || seedText(kind, read.buf) !== text)
    throw noSeed(text);
  return { kind, raw: read.buf };
}

function decodeSeed(text: string): { prefix: Prefix; buf: Uint8Array } | undefined {
  try {
    return Codec.decodeSeed(encoder.encode(text));
  } catch {
    // Its error names characters of the seed.
    return undefined;
  }
}

function noSeed(text: unknown): MeshError {
  const came = typeof text === "string" ? `a text of ${text.length} characters` : typeof text;
  return new MeshError(
    MeshCode.InvalidArgument,
    `a seed has 58 characters of A-Z and 2-7, begins with SO, SA, SU or SX and ends with a checksum; got ${came} that is none`,
  );
}

function article(kind: KeyText): string {
  return kind === "operator" || kind === "account" ? `an ${kind}` : `a ${kind}`;
}

/** What came, short, and never a seed. */
function shown(text: unknown): string {
  if (typeof text !== "string") return typeof text;
  if (text.startsWith("S")) return "what may be a seed";
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
