import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { kill } from "node:process";

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

/** The mesh that is up in this folder or one above. */
export function meshThatIsUp(cwd: string): MeshThatIsUp | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, ".cache", "mesh.json");
    const { url, pid, home } = readState(file);
    if (typeof url === "string" && isRunning(pid)) {
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
