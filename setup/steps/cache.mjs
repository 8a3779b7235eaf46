// @ts-check
import { cachedPath } from "../keep.mjs";
import { isExecutable } from "../run.mjs";
import { StepFailed } from "../step.mjs";
import { requireVersion } from "../version.mjs";

/**
 * The one that an earlier setup fetched or built.
 *
 * @type {import("../step.mjs").Step}
 */
export const fromCache = {
  name: "the cache",
  async find(program, machine) {
    const file = cachedPath(program, machine);
    if (!(await isExecutable(file))) throw new StepFailed("none in the cache", { absent: true });
    await requireVersion(program, file, machine.env);
    return file;
  },
};
