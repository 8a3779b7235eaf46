import type { ChildProcess } from "node:child_process";

/** Whether a process has ended, or never came to be. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** Resolves when the process has ended, with how. */
export function untilEnd(child: ChildProcess): Promise<string> {
  if (hasEnded(child) && child.pid !== undefined) return Promise.resolve(how(child));
  return new Promise((resolve) => {
    child.once("exit", () => resolve(how(child)));
    child.once("error", (error) => resolve(error.message));
  });
}

/** Asks a process to end, and ends it when it does not within the limit. */
export async function stop(child: ChildProcess, limitMs: number): Promise<void> {
  if (hasEnded(child)) return;
  const ended = untilEnd(child);
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  await ended;
  clearTimeout(timer);
}

function how(child: ChildProcess): string {
  return child.signalCode === null ? `exit code ${child.exitCode}` : child.signalCode;
}
