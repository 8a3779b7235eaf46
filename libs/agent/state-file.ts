import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { getuid, kill } from "node:process";

/** A mesh that somebody keeps up, and wrote down in `.cache/mesh.json`. */
export interface MeshThatIsUp {
  readonly url: string;
  /** The process that keeps it up. */
  readonly pid: number;
  /** The folder that issues its credentials. */
  readonly home: string | undefined;
  /** Where this is written. */
  readonly file: string;
}

/**
 * The mesh that is up in this folder or one above. A file of another user's is passed over: in a folder where all may
 * write, anybody could lead our programs to a server and a home of theirs.
 */
export function meshThatIsUp(cwd: string, user = getuid?.()): MeshThatIsUp | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, ".cache", "mesh.json");
    const { url, pid, home } = readState(file);
    if (typeof url === "string" && isRunning(pid) && isOwnedBy(file, user)) {
      const at = typeof home === "string" ? resolve(folder, home) : undefined;
      return { url, pid, home: at, file };
    }
    if (folder === dirname(folder)) return undefined;
  }
}

/** A JSON object in a file; empty where there is none. */
export function readState(file: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof found === "object" && found !== null ? { ...found } : {};
  } catch {
    // No file, or half of one: it says nothing.
    return {};
  }
}

/** Whether a file is this user's, or root's; Windows knows no such number. */
function isOwnedBy(file: string, user: number | undefined): boolean {
  if (user === undefined) return true;
  const owner = statSync(file, { throwIfNoEntry: false })?.uid;
  return owner === user || owner === 0;
}

/** Whether this is the id of a process that runs; one that died leaves its state file behind. */
function isRunning(pid: unknown): pid is number {
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid < 1) return false;
  try {
    return kill(pid, 0);
  } catch (error) {
    // Somebody else's process runs all the same.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
