import { randomBytes } from "node:crypto";

/**
 * Random ids from the system's secure generator: it is asked, and its bytes are written out, once for hundreds of
 * ids. One at a time would cost each call more than its breaker, limiter and pick together.
 */
class Pool {
  readonly #encoding: "base64url" | "hex";
  #text = "";
  #at = 0;

  constructor(encoding: "base64url" | "hex") {
    this.#encoding = encoding;
  }

  take(characters: number): string {
    if (this.#at + characters > this.#text.length) {
      this.#text = randomBytes(poolBytes).toString(this.#encoding);
      this.#at = 0;
    }
    this.#at += characters;
    return this.#text.slice(this.#at - characters, this.#at);
  }
}

/** A multiple of 12 and 8, so that nothing is left over. */
const poolBytes = 6_144;
const tokens = new Pool("base64url");
const hex = new Pool("hex");

/** How many characters `randomToken` gives. */
export const tokenLength = 16;

/** An unguessable token of 96 bits, of characters that may stand in a subject. */
export function randomToken(): string {
  return tokens.take(tokenLength);
}

/** As many random bytes, in hexadecimal; never all zero, which W3C trace context forbids. */
export function hexId(bytes: 8 | 16): string {
  for (;;) {
    const id = hex.take(2 * bytes);
    if (id !== zeros[bytes]) return id;
  }
}

const zeros = { 8: "0".repeat(16), 16: "0".repeat(32) } as const;
