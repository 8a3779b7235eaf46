import { type KeyPair, NKeysError, NKeysErrorCode, Prefix } from "@nats-io/nkeys";
import { Codec } from "@nats-io/nkeys/lib/codec.js";
import { type Key, verifySignature } from "./key.ts";

/** A Key in the shape that @nats-io/jwt asks for; it signs natively and knows its public half already. */
export function asKeyPair(key: Key): KeyPair {
  return {
    getPublicKey: () => key.publicKey,
    getSeed: () => new TextEncoder().encode(key.seedText()),
    getPrivateKey: () => privateKey(key),
    sign: (input) => key.sign(input),
    verify: (input, signature) => verifySignature(key.publicKey, input, signature),
    // The secret belongs to the Key, which may be in use elsewhere.
    clear: () => undefined,
    seal: noCurve,
    open: noCurve,
  };
}

function privateKey(key: Key): Uint8Array {
  const seed = Codec.decodeSeed(new TextEncoder().encode(key.seedText()));
  const raw = Codec._decode(new TextEncoder().encode(key.publicKey)).slice(1);
  return Codec.encode(Prefix.Private, Buffer.concat([seed.buf, raw]));
}

function noCurve(): never {
  throw new NKeysError(NKeysErrorCode.InvalidNKeyOperation);
}
