// @ts-check
import { findOnPath } from "../run.mjs";
import { StepFailed } from "../step.mjs";
import { requireVersion } from "../version.mjs";

/**
 * The one that is installed.
 *
 * @type {import("../step.mjs").Step}
 */
export const fromPath = {
  name: "PATH",
  async find(program, machine) {
    const file = await findOnPath(program.name, machine.env.PATH);
    if (file === undefined) throw new StepFailed("none on PATH", { absent: true });
    await requireVersion(program, file, machine.env);
    return file;
  },
};
