import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { MeshCode, MeshError } from "../../errors/index.ts";

/** Who may read a file: its owner only, or everybody. */
export type Readers = "owner" | "all";

const modes: Readonly<Record<Readers, number>> = { owner: 0o600, all: 0o644 };

/** Makes a folder that only its owner may enter, and those above it. */
export function makeFolder(path: string): void {
  attempt("made", path, () => mkdirSync(path, { recursive: true, mode: 0o700 }));
}

/**
 * Writes a file whole or not at all: whoever reads it meanwhile sees the old one or the new one.
 * A secret is never open to others, not for a moment.
 */
export function writeWhole(path: string, text: string, readers: Readers): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  attempt("written", path, () => {
    makeFolder(dirname(path));
    try {
      writeNew(draft, text, modes[readers]);
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  });
}

/** Adds a line to a file that only its owner may read. */
export function appendLine(path: string, line: string): void {
  attempt("written", path, () => {
    makeFolder(dirname(path));
    const file = openSync(path, "a", modes.owner);
    try {
      writeSync(file, `${line}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/** The text of a file, or undefined where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isNodeError(error) && error.code === "ENOENT") return undefined;
    throw unusable("read", path, error);
  }
}

/** The text of a secret; refused where others could have read it too. `what` names it for people. */
export function readSecret(path: string, what: string): string | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const mode = attempt("read", path, () => statSync(path).mode) & 0o777;
  if ((mode & 0o077) === 0 || process.platform === "win32") return text.trim();
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${what} at ${path} is open to others (mode ${mode.toString(8).padStart(4, "0")}, allowed 0600): ` +
      "close it with chmod 600, and replace it if others use this machine",
  );
}

/** Whether a file is there. */
export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Removes a file, where it is there. */
export function remove(path: string): void {
  attempt("removed", path, () => rmSync(path, { force: true }));
}

function writeNew(path: string, text: string, mode: number): void {
  const file = openSync(path, "wx", mode);
  try {
    writeSync(file, text);
    // A rename may reach the disk before the content does.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  // The mode given to open is cut by the umask.
  chmodSync(path, mode);
}

function attempt<T>(done: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unusable(done, path, error);
  }
}

function unusable(done: string, path: string, error: unknown): MeshError {
  if (error instanceof MeshError) return error;
  const reason = isNodeError(error) ? (error.code ?? error.message) : String(error);
  return new MeshError(
    MeshCode.InvalidArgument,
    `${path} cannot be ${done}: ${reason}; check who owns it and its rights`,
    { cause: error },
  );
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}
