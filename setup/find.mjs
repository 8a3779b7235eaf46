// @ts-check
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { SetupError, StepFailed } from "./step.mjs";
import { fromArchive } from "./steps/archive.mjs";
import { fromCache } from "./steps/cache.mjs";
import { fromDebian } from "./steps/debian.mjs";
import { fromDebianGo } from "./steps/debian-go.mjs";
import { fromEnvironment } from "./steps/environment.mjs";
import { fromGo } from "./steps/go.mjs";
import { fromPath } from "./steps/path.mjs";

/**
 * The ladder, first to last.
 *
 * @type {{ readonly look: readonly import("./step.mjs").Step[], readonly fetch: readonly import("./step.mjs").Step[] }}
 */
export const steps = {
  // What is there already: quick, changes nothing.
  look: [
    fromEnvironment, // a person's word comes first
    fromPath, // installed is better than fetched
    fromCache, // what an earlier setup brought
  ],
  // What is brought into the cache, one setup at a time.
  fetch: [
    fromCache, // another setup may have brought it while this one waited
    fromArchive, // seconds, and exactly what was released
    fromGo, // needs only Go's module source
    fromDebian, // needs only a Debian mirror
    fromDebianGo, // for what Debian does not have, where Go is not there
  ],
};

/**
 * Answers with the path of a program, bringing it into the cache when it is nowhere else.
 *
 * @param {import("./programs.mjs").Program} program
 * @param {import("./step.mjs").Machine} machine
 * @param {typeof steps} [ladder]
 */
export async function findProgram(program, machine, ladder = steps) {
  /** @type {string[]} */
  const reasons = [];
  const tried = { program, machine, reasons };
  const there = await climb(ladder.look, "fetching one", tried);
  if (there !== undefined) return there;
  const brought = await withLock(join(machine.cache, "lock"), machine.report, async () => {
    // Left by a setup that was killed: nobody else works here while the lock is held.
    await rm(join(machine.cache, "work"), { recursive: true, force: true });
    return climb(ladder.fetch, "nothing, every way was tried", tried);
  });
  if (brought !== undefined) return brought;
  throw new SetupError(advice(program, reasons));
}

/**
 * @param {readonly import("./step.mjs").Step[]} ladder
 * @param {string} after What comes after the last step.
 * @param {{ program: import("./programs.mjs").Program, machine: import("./step.mjs").Machine, reasons: string[] }} tried
 */
async function climb(ladder, after, { program, machine, reasons }) {
  /** @type {string[]} */
  const held = [];
  for (const [place, step] of ladder.entries()) {
    try {
      return await step.find(program, machine);
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      const next = ladder[place + 1]?.name ?? after;
      const isNew = !reasons.includes(error.message);
      if (isNew) reasons.push(error.message);
      // The cache is asked twice; that it is empty is said once.
      if (error.absent && !isNew) continue;
      const line = `${program.name}: ${error.message}; next: ${next}`;
      // That nothing is there is worth a line only once something more is wrong.
      held.push(line);
      if (!error.absent) held.splice(0).forEach(machine.report.line);
    }
  }
  held.forEach(machine.report.line);
  return undefined;
}

/**
 * @param {import("./programs.mjs").Program} program
 * @param {readonly string[]} reasons
 */
function advice(program, reasons) {
  return [
    `${program.name} ${program.minimum} or newer could not be had:`,
    ...reasons.map((reason) => `  - ${reason}`),
    "One of these helps; then run the command again:",
    `  - install ${program.name} (${program.homepage}) so that it is on PATH`,
    `  - set ${program.variable} to the path of one`,
    "  - install Go, or let this machine reach github.com, a Go module source or a Debian mirror",
  ].join("\n");
}
