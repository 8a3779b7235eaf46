import type { Codec } from "../pipeline/index.ts";

/** A value as its codec writes it, as text where the codec can. */
export function payloadOf(codec: Codec, value: unknown): Uint8Array | string {
  return codec.encodeText === undefined ? codec.encode(value) : codec.encodeText(value);
}
