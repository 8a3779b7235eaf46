/** What the bytes of a file say. */
export type Decoded =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "other"; readonly why: string };

/** Reads bytes as UTF-8; the last character may be cut in two. */
export function decode(bytes: Uint8Array): Decoded {
  if (bytes.includes(0)) return other("binary");
  let text: string;
  try {
    // As a stream, the beginning of a character at the very end is no mistake.
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return other("not UTF-8 text");
  }
  return text.trim() === "" ? other("empty") : { is: "text", text };
}

function other(why: string): Decoded {
  return { is: "other", why };
}
