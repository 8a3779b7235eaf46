// @ts-check
import { resolve } from "node:path";
import { isExecutable } from "../run.mjs";
import { SetupError, StepFailed } from "../step.mjs";
import { requireVersion } from "../version.mjs";

/**
 * The one that a person named. Refused aloud when it will not do: whoever names a program
 * does not want another one.
 *
 * @type {import("../step.mjs").Step}
 */
export const fromEnvironment = {
  name: "the environment",
  async find(program, machine) {
    const named = machine.env[program.variable];
    if (!named) throw new StepFailed(`${program.variable} is not set`, { absent: true });
    // The program may run in another folder than the person who named it.
    const file = resolve(named);
    if (!(await isExecutable(file))) {
      throw new SetupError(`${program.variable} names ${file}, which is not an executable file`);
    }
    try {
      await requireVersion(program, file, machine.env);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SetupError(`${program.variable} will not do: ${reason}`, { cause });
    }
    return file;
  },
};
