// @ts-check
import { buildByGo } from "../build-by-go.mjs";
import { inWorkFolder } from "../keep.mjs";
import { findOnPath } from "../run.mjs";
import { StepFailed } from "../step.mjs";

/**
 * A build from source by the Go that is installed.
 *
 * @type {import("../step.mjs").Step}
 */
export const fromGo = {
  name: "a build by Go",
  async find(program, machine) {
    const go = await findOnPath("go", machine.env.PATH);
    if (go === undefined) throw new StepFailed("Go is not on PATH");
    return inWorkFolder(machine, (folder) => buildByGo(program, machine, { go, folder }));
  },
};
