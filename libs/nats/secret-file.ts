import { readFile, stat } from "node:fs/promises";
import { MeshCode, MeshError } from "../errors/index.ts";

/** Longest file that is read: credentials and bundles of certificates are a few kilobytes. */
const mostBytes = 1_048_576;

/** What a file is for, and where it is. */
export interface FileUse {
  /** The option that names it, for error messages. */
  readonly option: string;
  readonly path: string;
  /** What to do when it is not there. */
  readonly advice: string;
}

/** Reads a text that anybody may know; the error says what to do. */
export async function readText({ option, path, advice }: FileUse): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes)
      throw refusal(`${option}: ${path} has ${size} bytes, the limit is ${mostBytes}`);
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof MeshError) throw error;
    throw refusal(`${option}: ${reason(error, path, advice)}`, error);
  }
}

/** Reads a text that only its owner may know; a file that others can read is refused. */
export async function readSecret(use: FileUse): Promise<string> {
  const text = await readText(use);
  await checkSecret(use);
  return text;
}

/** Refuses a file that others than its owner can read. */
export async function checkSecret({ option, path }: FileUse): Promise<void> {
  // Windows has no such bits: its access lists are another matter.
  if (process.platform === "win32") return;
  const { mode, uid } = await stat(path);
  // Where it is somebody else's, its group may be the only way for us to read it: Kubernetes' fsGroup.
  const foreign = uid === process.getuid?.() ? 0o077 : 0o007;
  if ((mode & foreign) === 0) return;
  const who = (mode & 0o007) === 0 ? "its group" : "everybody";
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  throw refusal(
    `${option}: ${path} may be read by ${who} (mode ${octal}), and whoever reads it can speak under its name; chmod 600 ${path} (in Kubernetes: defaultMode 0400 and an fsGroup), and renew it if others had access`,
    undefined,
    MeshCode.PermissionDenied,
  );
}

function reason(error: unknown, path: string, advice: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return `there is no file ${path}; ${advice}`;
  if (code === "EACCES" || code === "EPERM")
    return `${path} cannot be read by this user; make it the file's owner, with mode 0600`;
  if (code === "EISDIR") return `${path} is a folder; name a file in it`;
  return `${path} cannot be read: ${message}`;
}

function refusal(
  detail: string,
  cause?: unknown,
  code: MeshCode = MeshCode.InvalidArgument,
): MeshError {
  return new MeshError(code, detail, cause === undefined ? {} : { cause });
}
