import { isUtf8 } from "node:buffer";
import { ContentType } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Codec } from "../pipeline/index.ts";

/** Node's own decoder, on the bytes where they are: a view made for it costs more than the decoding. */
const { utf8Slice } = Buffer.prototype as unknown as {
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string;
};

/** JSON in UTF-8 (RFC 8259). `undefined` is an empty payload, both ways. */
export const json: Codec = Object.freeze({
  contentType: ContentType.json,

  encode: (value: unknown): Uint8Array => Buffer.from(encodeText(value)),

  encodeText,

  decode(payload: Uint8Array): unknown {
    if (payload.length === 0) return undefined;
    const text = utf8Slice.call(payload, 0, payload.length);
    // The decoder puts this in the place of what is no UTF-8: text in another encoding would be spoilt silently.
    if (text.includes(replacement) && !isUtf8(payload)) throw notUtf8(payload);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new MeshError(
        MeshCode.MalformedPayload,
        `${payload.length} bytes are not JSON (${reason(error)}); send JSON in UTF-8`,
        { cause: error },
      );
    }
  },
});

function encodeText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch (error) {
    const detail = `the value cannot be written as JSON: ${reason(error)}`;
    throw new MeshError(MeshCode.MalformedPayload, detail, { cause: error });
  }
}

const replacement = "\ufffd";

function notUtf8(payload: Uint8Array): MeshError {
  return new MeshError(
    MeshCode.MalformedPayload,
    `${payload.length} bytes are not UTF-8; send JSON in UTF-8`,
  );
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 120) : String(error);
}
