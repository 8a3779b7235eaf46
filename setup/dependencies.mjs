// @ts-check
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { run } from "./run.mjs";
import { SetupError } from "./step.mjs";

/**
 * @typedef {object} Workspace
 * @property {string} root
 * @property {string} cache
 * @property {Readonly<Record<string, string | undefined>>} env
 * @property {import("./report.mjs").Report} report
 */

/**
 * Installs the packages of the lock file unless exactly those are there.
 *
 * @param {Workspace} workspace
 */
export async function ensureDependencies({ root, cache, env, report }) {
  if (await areInstalled(root)) return;
  await withLock(join(cache, "lock"), report, async () => {
    if (await areInstalled(root)) return;
    await report.during("installing the packages of the lock file with npm", (show) =>
      install({ cwd: root, env, onLine: show }),
    );
  });
}

/**
 * Asks the registry first: without network npm itself would try for minutes. What npm has
 * in its own cache can still be installed, so a silent registry is not the end.
 *
 * @param {{ cwd: string, env: Workspace["env"], onLine: (line: string) => void }} options
 */
async function install(options) {
  const [command, first] = npm(options.env);
  const quiet = [...first, "--loglevel=error", "--no-progress"];
  /** @type {unknown} */
  let unreachable;
  try {
    await run(command, [...quiet, "ping", "--fetch-retries=0"], { ...options, limitMs: 15_000 });
  } catch (error) {
    // An answer with a status is an answer: not every mirror knows how to be pinged.
    if (!/^[45]\d\d /.test(reasonOf(error))) unreachable = error;
  }
  // No package here needs its install script, and npm 11 warns about each one it holds back.
  const args = [...quiet, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  if (unreachable !== undefined) args.push("--offline");
  try {
    await run(command, args, { ...options, limitMs: 900_000 });
  } catch (cause) {
    const help =
      unreachable === undefined
        ? "`npm ci --ignore-scripts` shows all that npm says."
        : "Let this machine reach npm's registry, then run the command again.";
    const reason = reasonOf(unreachable ?? cause);
    throw new SetupError(`the packages could not be installed: ${reason}\n${help}`, { cause });
  }
}

/**
 * Tells whether what npm says it installed is what the lock file wants. npm writes its own
 * account last, so a broken-off install counts as none.
 *
 * @param {string} root
 */
export async function areInstalled(root) {
  const wanted = await readLock(join(root, "package-lock.json"));
  const there = await readLock(join(root, "node_modules", ".package-lock.json"));
  if (wanted === undefined) throw new SetupError(`${root} has no readable package-lock.json`);
  if (there === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes("node_modules/")) return true;
    const found = there[path];
    // An optional package of another platform is rightly absent.
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * @param {string} file
 * @returns {Promise<Record<string, { version?: string, integrity?: string, optional?: boolean }> | undefined>}
 */
async function readLock(file) {
  try {
    return JSON.parse(await readFile(file, "utf8")).packages;
  } catch {
    // Absent or half written: to be installed again.
    return undefined;
  }
}

/**
 * The npm that runs us, or the one on PATH.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {[command: string, first: string[]]}
 */
export function npm(env) {
  const script = env.npm_execpath;
  return script?.endsWith("npm-cli.js") ? [process.execPath, [script]] : ["npm", []];
}

/** @param {unknown} error */
function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}
