// @ts-check
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { buildByGo } from "../build-by-go.mjs";
import { unpackPackages } from "../debian-packages.mjs";
import { inWorkFolder } from "../keep.mjs";
import { StepFailed } from "../step.mjs";

/**
 * A build from source by Debian's Go, unpacked for the purpose and thrown away: the way to a
 * program that Debian does not have, on a machine that reaches nothing but package registries.
 *
 * @type {import("../step.mjs").Step}
 */
export const fromDebianGo = {
  name: "a build by Debian's Go",
  find: (program, machine) =>
    inWorkFolder(machine, async (folder) => {
      const unpacked = await machine.report.during(
        `${program.name}: fetching Debian's Go, 45 MB`,
        (show) => unpackPackages(machine, { folder, show, choose: currentGo }),
      );
      const goRoot = await findGoRoot(join(unpacked, "usr", "lib"));
      return buildByGo(program, machine, { go: join(goRoot, "bin", "go"), goRoot, folder });
    }),
};

/**
 * The versioned packages behind `golang-go` and `golang-src`, which themselves hold only links.
 *
 * @param {(args: readonly string[]) => Promise<string>} askApt
 */
async function currentGo(askApt) {
  const answer = await askApt(["depends", "golang-go", "golang-src"]);
  return [...answer.matchAll(/Depends: (golang-[\d.]+-(?:go|src))/g)].map(([, name]) => `${name}`);
}

/** @param {string} folder */
async function findGoRoot(folder) {
  const name = (await readdir(folder)).find((entry) => entry.startsWith("go-"));
  if (name === undefined) throw new StepFailed("Debian's package of Go holds no Go");
  return join(folder, name);
}
