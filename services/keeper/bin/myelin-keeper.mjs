#!/usr/bin/env node
// Runs the sources where they lie beside this file, as in the repository; else what was built from them.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const source = new URL("../main.ts", import.meta.url);

if (existsSync(source)) process.exitCode = await runSource(fileURLToPath(source));
else await import(new URL("../dist/main.js", import.meta.url).href);

/**
 * The condition that leads to the sources can only be given to a new process.
 *
 * @param {string} main
 * @returns {Promise<number>}
 */
function runSource(main) {
  const typescript = ["--conditions=development", "--import", import.meta.resolve("tsx")];
  const child = spawn(process.execPath, [...typescript, main, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.on("SIGTERM", () => void child.kill("SIGTERM"));
  // A terminal interrupts the whole group: passed on, the child would see it twice.
  process.on("SIGINT", () => void (process.stdin.isTTY || child.kill("SIGINT")));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
