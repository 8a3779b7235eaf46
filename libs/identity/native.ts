import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";

/** The two curves, by the names that JSON Web Keys have for them (RFC 8037). */
export type Curve = "Ed25519" | "X25519";

// RFC 8410: the fixed bytes before the 32 of a private key.
const privateHeads: Readonly<Record<Curve, Buffer>> = Object.freeze({
  Ed25519: Buffer.from("302e020100300506032b657004220420", "hex"),
  X25519: Buffer.from("302e020100300506032b656e04220420", "hex"),
});

/** A new random private key. */
export function generatePrivate(curve: Curve): KeyObject {
  return curve === "Ed25519"
    ? generateKeyPairSync("ed25519").privateKey
    : generateKeyPairSync("x25519").privateKey;
}

/** The private key of 32 bytes. */
export function importPrivate(curve: Curve, raw: Uint8Array): KeyObject {
  const der = Buffer.concat([privateHeads[curve], raw]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

/** The public key of 32 bytes. */
export function importPublic(curve: Curve, raw: Uint8Array): KeyObject {
  // A JSON Web Key is ten times as fast here as DER, and this runs for each signature of a stranger.
  const x = Buffer.from(raw).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: curve, x }, format: "jwk" });
}

/** The 32 secret bytes of a private key. */
export function privateBytes(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url");
}

/** The 32 bytes of a private key's public half. */
export function publicHalf(key: KeyObject): Uint8Array {
  return Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url");
}
