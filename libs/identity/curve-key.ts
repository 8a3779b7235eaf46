import { diffieHellman, hkdfSync, type KeyObject } from "node:crypto";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Key } from "./key.ts";
import { checkPublic, publicBytes, publicText, seedBytes, seedText } from "./key-text.ts";
import {
  generatePrivate,
  importPrivate,
  importPublic,
  privateBytes,
  publicHalf,
} from "./native.ts";

/** An X25519 key pair in nkeys' text form, for secrets between two. Printing it shows its public half only. */
export interface CurveKey {
  readonly kind: "curve";
  readonly publicKey: string;
  /** The secret half. Whoever has this text can read what is sealed for the key. */
  seedText(): string;
  /** The secret that this key and the owner of a public curve key share: raw X25519, to be put through a KDF. */
  agree(publicKey: string): Uint8Array;
}

/** Set once for ever: another label is another key, and nobody could read what was sealed for the first. */
const derivationLabel = "myelin curve key 1";

class NativeCurveKey implements CurveKey {
  readonly kind = "curve";
  readonly publicKey: string;
  readonly #native: KeyObject;

  constructor(native: KeyObject) {
    this.#native = native;
    this.publicKey = publicText("curve", publicHalf(native));
    Object.freeze(this);
  }

  seedText(): string {
    return seedText("curve", privateBytes(this.#native));
  }

  agree(publicKey: string): Uint8Array {
    const raw = publicBytes("curve", checkPublic("the other side", "curve", publicKey));
    try {
      const other = importPublic("X25519", raw ?? Buffer.alloc(0));
      return diffieHellman({ privateKey: this.#native, publicKey: other });
    } catch (cause) {
      // RFC 7748 6.1: a point of small order gives a secret that everybody knows.
      const detail = `the curve key ${publicKey} shares no secret with anybody; refuse its owner`;
      throw new MeshError(MeshCode.InvalidArgument, detail, { cause });
    }
  }

  toString(): string {
    return this.publicKey;
  }
}

/** The curve key that belongs to a signing key, always the same: HKDF-SHA256 of its seed under a fixed label. */
export function deriveCurveKey(key: Key): CurveKey {
  const { raw } = seedBytes(key.seedText());
  const derived = new Uint8Array(hkdfSync("sha256", raw, "", derivationLabel, 32));
  return new NativeCurveKey(importPrivate("X25519", derived));
}

/** A new random curve key, to be used once. */
export function createCurveKey(): CurveKey {
  return new NativeCurveKey(generatePrivate("X25519"));
}

/** The curve key of a seed `SX…`. */
export function curveKeyFromSeed(seed: string): CurveKey {
  const { kind, raw } = seedBytes(seed);
  if (kind === "curve") return new NativeCurveKey(importPrivate("X25519", raw));
  throw new MeshError(
    MeshCode.InvalidArgument,
    `the seed of ${kind === "user" ? "a" : "an"} ${kind} is no curve key's; derive one from it with deriveCurveKey`,
  );
}
