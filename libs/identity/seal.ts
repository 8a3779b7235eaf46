import nacl from "tweetnacl";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { CurveKey } from "./curve-key.ts";
import { Recent } from "./recent.ts";

/** Bytes that a sealed text is longer than the plain one: version, nonce, and the box's own. */
const sealOverhead = 4 + 24 + 16;

/** What one key seals for others and opens from them, in nkeys' form `xkv1`: version, nonce, NaCl box. */
export class Seals {
  readonly #key: CurveKey;
  readonly #agreed: Recent<string, Uint8Array>;

  /** Keeps what it has agreed with so many others; agreeing costs ten times what sealing does. */
  constructor(key: CurveKey, most = 1_000) {
    this.#key = key;
    this.#agreed = new Recent(most);
  }

  get publicKey(): string {
    return this.#key.publicKey;
  }

  /** Makes bytes that only the owner of the other key can read, and only we can have written. */
  seal(other: string, plain: Uint8Array): Uint8Array {
    const nonce = nacl.randomBytes(nacl.secretbox.nonceLength);
    const box = nacl.secretbox(bytesOf(plain), nonce, this.#agree(other));
    return Buffer.concat([version, nonce, box]);
  }

  /** Reads what the owner of the other key sealed for ours; throws `permission_denied` for everything else. */
  open(other: string, sealed: Uint8Array): Uint8Array {
    if (sealed.length < sealOverhead || !version.equals(sealed.subarray(0, 4))) {
      throw unopened(`${sealed.length} bytes are not a sealed payload, which begins with xkv1`);
    }
    const nonce = bytesOf(sealed.subarray(4, 28));
    const plain = nacl.secretbox.open(bytesOf(sealed.subarray(28)), nonce, this.#agree(other));
    if (plain !== null) return plain;
    throw unopened(`it was sealed for another key than ${this.publicKey}, or changed under way`);
  }

  #agree(other: string): Uint8Array {
    const known = this.#agreed.get(other);
    if (known !== undefined) return known;
    const agreed = new Uint8Array(32);
    const { crypto_core_hsalsa20: hsalsa20 } = lowLevel;
    // What NaCl calls `box.before`, with the agreement done natively.
    hsalsa20(agreed, noInput, bytesOf(this.#secret(other)), sigma);
    this.#agreed.set(other, agreed);
    return agreed;
  }

  #secret(other: string): Uint8Array {
    try {
      return this.#key.agree(other);
    } catch (error) {
      const cause = MeshError.from(error);
      throw new MeshError(MeshCode.PermissionDenied, cause.detail, { cause });
    }
  }
}

const version = Buffer.from("xkv1", "latin1");
const noInput = new Uint8Array(16);
const sigma = Buffer.from("expand 32-byte k", "latin1");

/** The one step of NaCl that tweetnacl has no name for at its door; its version is pinned, a vector pins the step. */
const { lowlevel: lowLevel } = nacl as unknown as {
  readonly lowlevel: {
    crypto_core_hsalsa20(
      out: Uint8Array,
      input: Uint8Array,
      key: Uint8Array,
      constant: Uint8Array,
    ): void;
  };
};

/** NaCl takes plain byte arrays only; a Buffer is one, seen anew without a copy. */
function bytesOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unopened(why: string): MeshError {
  return new MeshError(MeshCode.PermissionDenied, `the payload cannot be opened: ${why}`);
}
