// @ts-check
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAptConfig } from "./apt-config.mjs";
import { findDebianMirror } from "./apt-sources.mjs";
import { findOnPath, run } from "./run.mjs";
import { StepFailed } from "./step.mjs";

/** Suites newer than a stable Debian, in the order they are asked. */
const suites = ["testing", "unstable"];

/**
 * @typedef {object} Wish
 * @property {string} folder Holds all of it: apt's lists, the packages, what they contain.
 * @property {(detail: string) => void} show
 * @property {(askApt: (args: readonly string[]) => Promise<string>) => Promise<readonly string[]>} choose
 *   Names the packages; may ask `apt-cache` of the suite.
 */

/**
 * Fetches packages of a newer suite, unpacks them and answers with the folder. apt checks the
 * signatures. It needs no root and leaves the system's own apt alone.
 *
 * @param {import("./step.mjs").Machine} machine
 * @param {Wish} wish
 * @returns {Promise<string>}
 */
export async function unpackPackages(machine, wish) {
  const tools = await findTools(machine.env.PATH);
  const mirror = await findDebianMirror(machine.aptSources);
  /** @type {string[]} */
  const reasons = [];
  for (const suite of suites) {
    const folder = join(wish.folder, suite);
    await mkdir(folder);
    const config = await writeAptConfig(folder, suite, mirror);
    const options = { env: machine.env, cwd: folder, limitMs: 300_000, onLine: wish.show };
    // Outside the try: a mirror that does not answer has no other suite either.
    await run(tools.aptGet, ["-c", config, "update"], options);
    try {
      return await unpackFrom(config, tools, { choose: wish.choose, options });
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      reasons.push(`Debian ${suite}: ${error.message}`);
      await rm(folder, { recursive: true, force: true });
    }
  }
  throw new StepFailed(reasons.join("; "));
}

/**
 * @param {string} config
 * @param {{ aptGet: string, aptCache: string, dpkgDeb: string }} tools
 * @param {{ choose: Wish["choose"], options: import("./run.mjs").RunOptions & { cwd: string } }} wish
 */
async function unpackFrom(config, { aptGet, aptCache, dpkgDeb }, { choose, options }) {
  const names = await choose((args) => run(aptCache, ["-c", config, ...args], options));
  await run(aptGet, ["-c", config, "download", ...names], options);
  const unpacked = join(options.cwd, "unpacked");
  for (const file of await readdir(options.cwd)) {
    if (file.endsWith(".deb")) await run(dpkgDeb, ["-x", file, unpacked], options);
  }
  return unpacked;
}

/** @param {string | undefined} path */
async function findTools(path) {
  const aptGet = await findOnPath("apt-get", path);
  const aptCache = await findOnPath("apt-cache", path);
  const dpkgDeb = await findOnPath("dpkg-deb", path);
  if (!aptGet || !aptCache || !dpkgDeb) throw new StepFailed("this machine has no apt and dpkg");
  return { aptGet, aptCache, dpkgDeb };
}
