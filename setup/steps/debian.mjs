// @ts-check
import { join } from "node:path";
import { unpackPackages } from "../debian-packages.mjs";
import { inWorkFolder, keep } from "../keep.mjs";
import { isExecutable } from "../run.mjs";
import { StepFailed } from "../step.mjs";

/**
 * Debian's package from a newer suite, unpacked and not installed.
 *
 * @type {import("../step.mjs").Step}
 */
export const fromDebian = {
  name: "Debian's package",
  async find(program, machine) {
    const name = program.debianPackage;
    if (name === undefined) throw new StepFailed("Debian has no package of it");
    return inWorkFolder(machine, async (folder) => {
      const unpacked = await machine.report.during(
        `${program.name}: fetching Debian's package`,
        (show) => unpackPackages(machine, { folder, show, choose: async () => [name] }),
      );
      return keep(program, machine, await findUnpacked(unpacked, program.name));
    });
  },
};

/**
 * @param {string} folder
 * @param {string} name
 */
async function findUnpacked(folder, name) {
  for (const place of ["usr/sbin", "usr/bin"]) {
    const file = join(folder, place, name);
    if (await isExecutable(file)) return file;
  }
  throw new StepFailed(`the package holds no ${name}`);
}
