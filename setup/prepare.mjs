// @ts-check
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureDependencies } from "./dependencies.mjs";
import { findProgram } from "./find.mjs";
import { createReport } from "./report.mjs";
import { SetupError } from "./step.mjs";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Node's arguments that run our TypeScript as it lies in the repository. */
export const typescript = ["--conditions=development", "--import", "tsx"];

const cache = join(root, ".cache");
const oldestNode = 20;

/**
 * Sets up what is missing on this machine and answers with the environment in which our
 * programs run: ours, with the path of each program that was asked for.
 *
 * @param {readonly import("./programs.mjs").Program[]} programs
 * @returns {Promise<Record<string, string | undefined>>}
 */
export async function prepare(programs) {
  requireNode(process.versions.node);
  const report = createReport();
  /** @type {Record<string, string | undefined>} */
  // tsx compiles synchronously; esbuild's worker for that was seen to wait for ever at a start.
  const env = { ESBUILD_WORKER_THREADS: "0", ...process.env };
  await ensureDependencies({ root, cache, env, report });
  const machine = {
    env,
    report,
    cache,
    platform: platformName(process.platform, process.arch),
    goModules: join(root, "setup", "go"),
    aptSources: "/etc/apt",
  };
  for (const program of programs) env[program.variable] = await findProgram(program, machine);
  return env;
}

/**
 * Runs a command of ours; a mistake that a person can put right is told without a stack.
 *
 * @param {() => Promise<number>} command Answers with the exit code.
 */
export async function main(command) {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** @param {string} version */
function requireNode(version) {
  if (Number.parseInt(version, 10) >= oldestNode) return;
  throw new SetupError(`Node ${oldestNode} or newer is needed, this is ${version}`);
}

/**
 * The name that releases use.
 *
 * @param {string} system
 * @param {string} processor
 */
function platformName(system, processor) {
  return `${system}-${processor === "x64" ? "amd64" : processor}`;
}
