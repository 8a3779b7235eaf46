// @ts-check
import { readdir } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { SetupError } from "./step.mjs";

/**
 * Chooses the test files that the arguments name, or all; options go on to Node's runner.
 * Node 20 takes no globs and calls a folder without tests a success, so naming nothing
 * that exists is an error here.
 *
 * @param {string} root
 * @param {readonly string[]} args Files, folders, and options of Node's runner.
 */
export async function chooseTests(root, args) {
  const options = args.filter((arg) => arg.startsWith("-"));
  const wanted = args.filter((arg) => !arg.startsWith("-")).map((arg) => resolve(root, arg));
  const all = await listTests(join(root, "test"));
  for (const path of wanted) {
    if (all.some((file) => isUnder(file, path))) continue;
    throw new SetupError(`no test file (test/**/*.test.ts) is at ${relative(root, path)}`);
  }
  if (all.length === 0) throw new SetupError("there is no test file (test/**/*.test.ts)");
  const isWanted = (/** @type {string} */ file) => wanted.some((path) => isUnder(file, path));
  const files = wanted.length === 0 ? all : all.filter(isWanted);
  return { options, files: files.map((file) => relative(root, file)) };
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
async function listTests(folder) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : listTests(path);
      return entry.name.endsWith(".test.ts") ? [path] : [];
    }),
  );
  return found.flat().sort();
}

/**
 * @param {string} file
 * @param {string} path
 */
function isUnder(file, path) {
  return file === path || file.startsWith(path + sep);
}
