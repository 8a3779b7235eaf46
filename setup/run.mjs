// @ts-check
import { spawn } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { oneLine, StepFailed } from "./step.mjs";

/**
 * @typedef {object} RunOptions
 * @property {Readonly<Record<string, string | undefined>>} env
 * @property {number} limitMs The program is killed after this long.
 * @property {string} [cwd]
 * @property {(line: string) => void} [onLine] Is given the newest line of its output.
 */

/**
 * Runs a program to its end and answers with what it printed; fails with its last words.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} options
 * @returns {Promise<string>}
 */
export async function run(command, args, { env, limitMs, cwd, onLine }) {
  const child = spawn(command, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { out: "", err: "" };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
    // A grandchild may hold the pipes open; they are not waited for.
    child.stdout.destroy();
    child.stderr.destroy();
  }, limitMs);
  child.stdout.on("data", (chunk) => {
    printed.out += chunk;
    onLine?.(lastLine(String(chunk)));
  });
  child.stderr.on("data", (chunk) => {
    printed.err += chunk;
    onLine?.(lastLine(String(chunk)));
  });
  try {
    const code = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (late) throw new StepFailed(`${command} did not end within ${limitMs / 1_000} s`);
    if (code !== 0) throw new StepFailed(lastWords(printed) || `${command} ended with ${code}`);
    return printed.out + printed.err;
  } catch (error) {
    if (error instanceof StepFailed) throw error;
    throw new StepFailed(`${command} cannot be run: ${oneLine(String(error))}`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The first executable of that name on a PATH, or undefined.
 *
 * @param {string} name
 * @param {string | undefined} path
 */
export async function findOnPath(name, path) {
  for (const folder of (path ?? "").split(delimiter)) {
    const candidate = join(folder, name);
    if (folder !== "" && (await isExecutable(candidate))) return candidate;
  }
  return undefined;
}

/** @param {string} file */
export async function isExecutable(file) {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // Absent and unreadable are the same answer here.
    return false;
  }
}

/**
 * The reason among what a program printed. apt and npm name it first and end with less.
 *
 * @param {{ out: string, err: string }} printed
 */
function lastWords({ out, err }) {
  const named = /^(?:E:|npm (?:error|ERR!)(?! code| syscall| errno)) (.+)$/m.exec(err)?.[1];
  return named ?? (lastLine(err) || lastLine(out));
}

/** @param {string} text */
function lastLine(text) {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
