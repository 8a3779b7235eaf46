import { MeshCode, MeshError } from "../../errors/index.ts";
import { createKey, type Key, type KeyKind, keyFromSeed } from "../../identity/index.ts";
import { isThere, readSecret, writeWhole } from "./files.ts";

/** A key that has to be there. `what` names it for people, `next` says how to get it back. */
export function readKey(path: string, what: string, next: string): Key {
  const key = findKey(path, what);
  if (key !== undefined) return key;
  throw new MeshError(MeshCode.InvalidArgument, `${what} is not there (${path}); ${next}`);
}

/** A key, or undefined where its file is not there. */
function findKey(path: string, what: string): Key | undefined {
  const seed = readSecret(path, what);
  if (seed === undefined) return undefined;
  try {
    return keyFromSeed(seed);
  } catch (cause) {
    // The text itself is never told: it may be a seed with a typing error.
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${what} at ${path} is no seed; restore the file from a copy`,
      { cause },
    );
  }
}

/** How a master key is asked for. */
export interface MasterOptions {
  /** Its name for people. */
  readonly what: string;
  /** A file or folder that is there when the key has been used. */
  readonly beside: string;
}

/** Keys by their files: those that are there, and new ones that wait in memory until they are saved. */
export class KeyRing {
  readonly #known = new Map<string, Key>();
  readonly #unsaved = new Map<string, Key>();

  /** The key of this file; a new one where there is none yet. */
  key(path: string, kind: KeyKind, what: string): Key {
    const known = this.#known.get(path) ?? findKey(path, what);
    const key = known ?? createKey(kind);
    this.#known.set(path, key);
    if (known === undefined) this.#unsaved.set(path, key);
    return key;
  }

  /**
   * A master key, new only where `beside` is not there either: what was signed by the old one would be lost for good,
   * and nobody would notice that it was only moved away.
   */
  master(path: string, kind: KeyKind, { what, beside }: MasterOptions): Key {
    if (!this.#known.has(path) && !isThere(path) && isThere(beside)) {
      throw new MeshError(
        MeshCode.InvalidArgument,
        `${what} is not there (${path}), and without its JWT it is needed; put one of the two back`,
      );
    }
    return this.key(path, kind, what);
  }

  /** Files of keys that exist in memory only. */
  get unsaved(): readonly string[] {
    return [...this.#unsaved.keys()];
  }

  /** Writes the new keys. They come first: what is signed with a lost key could never be signed again. */
  save(): void {
    for (const [path, key] of this.#unsaved) {
      writeWhole(path, `${key.seedText()}\n`, "owner");
      this.#unsaved.delete(path);
    }
  }
}
