// @ts-check

/**
 * What a step may see and touch of the machine.
 *
 * @typedef {object} Machine
 * @property {Readonly<Record<string, string | undefined>>} env
 * @property {string} platform Such as `linux-amd64`.
 * @property {string} cache The repository's ignored folder; nothing is written elsewhere.
 * @property {string} goModules The folder that holds the pinned `go.mod` and `go.sum`.
 * @property {string} aptSources The folder with apt's own lists of sources.
 * @property {import("./report.mjs").Report} report
 */

/**
 * One way to come by a program. It answers with the path of one that is new enough,
 * or throws a {@link StepFailed}.
 *
 * @typedef {object} Step
 * @property {string} name What is tried, as it reads after "next:".
 * @property {(program: import("./programs.mjs").Program, machine: Machine) => Promise<string>} find
 */

/** Why a step found nothing, in one line; the next step is tried. */
export class StepFailed extends Error {
  /**
   * @param {string} reason
   * @param {{ absent?: boolean }} [options] `absent`: there was nothing to refuse.
   */
  constructor(reason, { absent = false } = {}) {
    super(oneLine(reason));
    this.absent = absent;
  }
}

/** A mistake that a person has to put right before anything else is tried. */
export class SetupError extends Error {}

/**
 * The first line with content, so that a reason never fills a screen.
 *
 * @param {string} text
 */
export function oneLine(text) {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "") ?? "";
  return line.trim().slice(0, 300);
}
