// @ts-check
import { run } from "./run.mjs";
import { StepFailed } from "./step.mjs";

/**
 * Fails unless a file runs, is the program, and is new enough; answers with its version.
 *
 * @param {import("./programs.mjs").Program} program
 * @param {string} file
 * @param {Readonly<Record<string, string | undefined>>} env
 */
export async function requireVersion(program, file, env) {
  const answer = await run(file, ["--version"], { env, limitMs: 10_000 });
  const version = program.says.exec(answer.trim())?.[1];
  if (version === undefined) {
    throw new StepFailed(`${file} does not say the version of a ${program.name}`);
  }
  if (isOlder(version, program.minimum)) {
    throw new StepFailed(`${file} is version ${version}, older than ${program.minimum}`);
  }
  return version;
}

/**
 * @param {string} version
 * @param {string} minimum
 */
export function isOlder(version, minimum) {
  const [left, right] = [version, minimum].map((text) => text.split(".").map(Number));
  for (const [place, wanted] of (right ?? []).entries()) {
    const got = left?.[place] ?? 0;
    if (got !== wanted) return got < wanted;
  }
  return false;
}
