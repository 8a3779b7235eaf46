import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { kill, pid } from "node:process";
import { MeshCode, MeshError } from "../../errors/index.ts";

/** Runs `work` while nobody else changes this home; a lock that a dead program left behind is taken over. */
export async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  if (!take(path) && !(isAbandoned(path) && retake(path))) {
    throw new MeshError(
      MeshCode.Conflict,
      `another program is changing this home (${path}); try again when it is done`,
    );
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Written elsewhere first: a lock is never seen without its holder's number, which nobody could take over. */
function take(path: string): boolean {
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, `${pid}`, { mode: 0o600, flag: "wx" });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    const detail = `${path} cannot be written: ${error instanceof Error ? error.message : error}`;
    throw new MeshError(MeshCode.InvalidArgument, detail, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes an abandoned lock away, and only that: another program may have taken it over since it was looked at. */
export function retake(path: string): boolean {
  const found = `${path}.${randomUUID()}`;
  try {
    renameSync(path, found);
    if (!isAbandoned(found)) {
      linkSync(found, path);
      return false;
    }
  } catch {
    // Somebody else was faster, or has taken it again.
    return false;
  } finally {
    rmSync(found, { force: true });
  }
  return take(path);
}

function isAbandoned(path: string): boolean {
  try {
    const holder = Number(readFileSync(path, "utf8"));
    if (!Number.isInteger(holder) || holder <= 0) return false;
    // Signal 0 only looks whether it is there.
    kill(holder, 0);
    return false;
  } catch (error) {
    // ESRCH: whoever held it is dead. Anything else, such as EPERM, tells of a living one.
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
