// @ts-check
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Does work while no other setup in this folder does. A lock whose process is gone counts
 * as free, so a killed setup blocks nobody.
 *
 * @template T
 * @param {string} file
 * @param {import("./report.mjs").Report} report
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, report, work) {
  await mkdir(dirname(file), { recursive: true });
  if (!(await take(file))) {
    await report.during(`waiting for another setup, see ${file}`, async () => {
      while (!(await take(file))) await sleep(200);
    });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** @param {string} file */
async function take(file) {
  try {
    await writeFile(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  }
  const holder = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
  // Not a number: the holder is between creating the file and writing into it.
  if (Number.isInteger(holder) && !isAlive(holder)) await rm(file, { force: true });
  return false;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function isCode(error, code) {
  return error instanceof Error && "code" in error && error.code === code;
}
