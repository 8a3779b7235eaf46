// @ts-check
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { download } from "../download.mjs";
import { inWorkFolder, keep } from "../keep.mjs";
import { StepFailed } from "../step.mjs";
import { unpackFile } from "../unpack.mjs";

/**
 * The official release, only where its digest is pinned, and only when it matches.
 *
 * @type {import("../step.mjs").Step}
 */
export const fromArchive = {
  name: "the official release archive",
  find: (program, machine) =>
    inWorkFolder(machine, async (folder) => {
      const { version, sha256, url } = program.archive;
      const pinned = sha256[machine.platform];
      if (pinned === undefined) {
        throw new StepFailed(`no digest of release ${version} is pinned for ${machine.platform}`);
      }
      const archive = join(folder, "archive");
      const from = url(machine.platform);
      const digest = await machine.report.during(
        `${program.name}: downloading release ${version}`,
        (show) => download(from, archive, { onBytes: (count) => show(inMegabytes(count)) }),
      );
      if (digest !== pinned) {
        throw new StepFailed(`${from} has SHA-256 ${digest}, not the pinned ${pinned}`);
      }
      const file = join(folder, program.name);
      await writeFile(file, unpackFile(await readFile(archive), program.name));
      return keep(program, machine, file);
    }),
};

/** @param {number} bytes */
function inMegabytes(bytes) {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
