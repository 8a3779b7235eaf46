// @ts-check
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { root } from "./prepare.mjs";

/**
 * Runs Node in the foreground, passes signals on, and answers with its exit code.
 *
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Promise<number>}
 */
export async function launch(args, env) {
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: "inherit" });
  const stop = () => void child.kill("SIGTERM");
  // A terminal interrupts the whole group: passed on, the child would see it twice.
  const interrupt = () => void (process.stdin.isTTY || child.kill("SIGINT"));
  process.on("SIGTERM", stop);
  process.on("SIGINT", interrupt);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        // The shell's way to tell that a signal ended it.
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    process.off("SIGTERM", stop);
    process.off("SIGINT", interrupt);
  }
}
