import { type KeyObject, sign, verify } from "node:crypto";
import { MeshCode, MeshError } from "../errors/index.ts";
import { publicBytes, publicText, seedBytes, seedText } from "./key-text.ts";
import {
  generatePrivate,
  importPrivate,
  importPublic,
  privateBytes,
  publicHalf,
} from "./native.ts";
import { digestOf } from "./statement.ts";

/** What a signing key is for. */
export type KeyKind = "operator" | "account" | "user";

/** An Ed25519 key pair in nkeys' text forms. Printing it in any way shows its public half only. */
export interface Key {
  readonly kind: KeyKind;
  readonly publicKey: string;
  /** The secret half. Whoever has this text is the key's owner. */
  seedText(): string;
  /** The signature of these bytes, 64 bytes long. */
  sign(bytes: Uint8Array): Buffer;
  /** A text that only the key's owner can make of this one, always the same; it tells nothing of the key. */
  tag(text: string): string;
}

const signers: Readonly<Record<string, KeyKind>> = Object.assign(Object.create(null), {
  O: "operator",
  A: "account",
  U: "user",
});

const tagBytes = Buffer.from("\xffmesh.tag.1\0", "latin1");

class NativeKey implements Key {
  readonly kind: KeyKind;
  readonly publicKey: string;
  readonly #native: KeyObject;
  #secret: string | undefined;

  constructor(kind: KeyKind, native: KeyObject) {
    this.kind = kind;
    this.#native = native;
    this.publicKey = publicText(kind, publicHalf(native));
    Object.freeze(this);
  }

  seedText(): string {
    return seedText(this.kind, privateBytes(this.#native));
  }

  sign(bytes: Uint8Array): Buffer {
    return sign(null, bytes, this.#native);
  }

  tag(text: string): string {
    // Ed25519 signs the same bytes always the same; no server can have these signed, for they are no text.
    this.#secret ??= this.sign(tagBytes).toString("base64url");
    // Twice, so that nobody makes that of a longer text out of it.
    return digestOf(this.#secret + digestOf(this.#secret + text));
  }

  toString(): string {
    return this.publicKey;
  }
}

/** A new random key. */
export function createKey(kind: KeyKind): Key {
  return new NativeKey(kind, generatePrivate("Ed25519"));
}

/** The key of a seed: `SO…`, `SA…` or `SU…`. */
export function keyFromSeed(seed: string): Key {
  const { kind, raw } = seedBytes(seed);
  if (kind !== "curve") return new NativeKey(kind, importPrivate("Ed25519", raw));
  throw new MeshError(
    MeshCode.InvalidArgument,
    "a seed of a curve key (SX) cannot sign; use the seed of an operator, an account or a user (SO, SA, SU)",
  );
}

/** The public half of a key, ready to check many signatures. */
export interface PublicKey {
  readonly kind: KeyKind;
  readonly text: string;
  /** Whether the key's owner signed these bytes. */
  verify(bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** The public key of a text `U…`, `A…` or `O…`, or undefined where it is none that signs. */
export function openPublicKey(text: string): PublicKey | undefined {
  const kind = typeof text === "string" ? signers[text[0] ?? ""] : undefined;
  const raw = kind === undefined ? undefined : publicBytes(kind, text);
  if (kind === undefined || raw === undefined) return undefined;
  const native = importPublic("Ed25519", raw);
  return Object.freeze({
    kind,
    text,
    verify: (bytes: Uint8Array, signature: Uint8Array) =>
      signature.length === 64 && verify(null, bytes, native, signature),
  });
}

/** Whether the owner of this public key signed these bytes; false as well for what is no key or no signature. */
export function verifySignature(
  publicKey: string,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  return openPublicKey(publicKey)?.verify(bytes, signature) ?? false;
}
