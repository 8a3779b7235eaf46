import { MeshCode, MeshError } from "../errors/index.ts";
import type { Seals } from "./seal.ts";

/** What two keys share: each sealed text is a line of JSON that says what it is, and then the payload. */
export class Box {
  readonly #own: readonly Seals[];
  readonly #other: string;

  /** The first of our own keys seals; what was sealed for an older one is still opened. */
  constructor(own: readonly Seals[], other: string) {
    this.#own = own;
    this.#other = other;
  }

  get ownKey(): string {
    return this.#own[0]?.publicKey ?? "";
  }

  seal(head: readonly unknown[], payload: Uint8Array): Uint8Array {
    const [own] = this.#own;
    if (own === undefined) throw unbelieved("there is no key to seal with");
    return own.seal(this.#other, Buffer.concat([lineOf(head), payload]));
  }

  /** The payload of a text that must be exactly this; throws `permission_denied`. */
  open(head: readonly unknown[], sealed: Uint8Array): Uint8Array {
    const plain = this.#unseal(sealed);
    const line = lineOf(head);
    if (line.equals(plain.subarray(0, line.length))) return plain.subarray(line.length);
    throw unbelieved("it answers something else, or comes out of turn");
  }

  /** The line and the payload of a text, whatever it is. */
  read(sealed: Uint8Array): { readonly head: readonly unknown[]; readonly rest: Uint8Array } {
    const plain = this.#unseal(sealed);
    const end = plain.indexOf(newline);
    const head = end < 0 ? undefined : parsed(plain.subarray(0, end));
    if (!Array.isArray(head)) throw unbelieved("what is sealed does not say what it is");
    return { head, rest: plain.subarray(end + 1) };
  }

  #unseal(sealed: Uint8Array): Uint8Array {
    const [first, ...older] = this.#own;
    if (first === undefined) throw unbelieved("there is no key to open it with");
    try {
      return first.open(this.#other, sealed);
    } catch (error) {
      for (const seals of older) {
        try {
          return seals.open(this.#other, sealed);
        } catch {
          // The first key's refusal is the one to tell.
        }
      }
      throw error;
    }
  }
}

/** A value from JSON that was sealed; undefined for what is none. */
export function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
  } catch {
    // Only who shares the key can have written it; what is no JSON says nothing.
    return undefined;
  }
}

/** Why something that is sealed is not believed. */
export function unbelieved(why: string): MeshError {
  return new MeshError(MeshCode.PermissionDenied, `the sealed payload is refused: ${why}`);
}

const newline = 10;

function lineOf(head: readonly unknown[]): Buffer {
  return Buffer.from(`${JSON.stringify(head)}\n`, "utf8");
}
