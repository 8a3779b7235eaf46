import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Waits until this process is gone, however it went, then kills each server whose pid file is left and removes
 * the folder. A test runner that gives up on a file sends it SIGTERM: no code of ours runs any more then.
 */
const script = `cat >/dev/null
for file in "$0"/*/pid; do [ -f "$file" ] && kill -9 "$(cat "$file")"; done
rm -rf "$0"`;

// One per process: it belongs to the process's end, not to any server.
let root: string | undefined;
let folders = 0;

/** A fresh folder that is gone at the latest when this process is; a server that writes `pid` into it goes along. */
export function guardedFolder(): string {
  root ??= startGuard();
  const folder = join(root, String(++folders));
  mkdirSync(folder);
  return folder;
}

function startGuard(): string {
  const folder = mkdtempSync(join(tmpdir(), "myelin-test-"));
  const guard = spawn("/bin/sh", ["-c", script, folder], {
    stdio: ["pipe", "ignore", "ignore"],
    // Ctrl-C goes to the whole group; the guard must outlive us.
    detached: true,
  });
  guard.unref();
  // Held open by this process alone; it must not keep the process alive.
  if (guard.stdin !== null && "unref" in guard.stdin) (guard.stdin as { unref(): void }).unref();
  return folder;
}
