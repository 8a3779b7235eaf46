import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A claim that nobody gave back is its holder's no more, for that one has ended without a word. */
const forgottenMs = 3_600_000;

/**
 * Keeps a port for one server, also while that one is down: another process that tests would start its own there by
 * chance. Undefined when somebody else has it; otherwise the answer gives it back.
 */
export function claimPort(port: number): (() => void) | undefined {
  const all = join(tmpdir(), "myelin-ports");
  const claim = join(all, `${port}`);
  try {
    mkdirSync(all, { recursive: true });
    if (isForgotten(claim)) rmdirSync(claim);
    mkdirSync(claim);
  } catch (error) {
    // Where claims cannot be kept, as in another user's folder, chance has to do.
    return (error as NodeJS.ErrnoException).code === "EEXIST" ? undefined : () => {};
  }
  return () => {
    try {
      rmdirSync(claim);
    } catch {
      // Somebody has tidied up.
    }
  };
}

function isForgotten(claim: string): boolean {
  const { mtimeMs } = statSync(claim, { throwIfNoEntry: false }) ?? {};
  return mtimeMs !== undefined && Date.now() - mtimeMs > forgottenMs;
}
