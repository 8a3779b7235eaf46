// @ts-check
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { requireVersion } from "./version.mjs";

/**
 * Where the cache holds a program.
 *
 * @param {import("./programs.mjs").Program} program
 * @param {import("./step.mjs").Machine} machine
 */
export function cachedPath(program, machine) {
  return join(machine.cache, "bin", program.name);
}

/**
 * Puts a fetched or built program into the cache, once it has run and said its version.
 * The rename is atomic, so whoever looks meanwhile finds the old file or the new one, whole.
 *
 * @param {import("./programs.mjs").Program} program
 * @param {import("./step.mjs").Machine} machine
 * @param {string} file In the same cache, so that a rename is possible.
 */
export async function keep(program, machine, file) {
  await chmod(file, 0o755);
  await requireVersion(program, file, machine.env);
  const target = cachedPath(program, machine);
  await mkdir(join(machine.cache, "bin"), { recursive: true });
  await rename(file, target);
  return target;
}

/**
 * Lends a folder in the cache for as long as the work takes.
 *
 * @template T
 * @param {import("./step.mjs").Machine} machine
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inWorkFolder(machine, work) {
  const parent = join(machine.cache, "work");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "setup-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
