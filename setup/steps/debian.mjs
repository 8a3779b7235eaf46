// @ts-check
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findDebianMirror } from "../apt-sources.mjs";
import { inWorkFolder, keep } from "../keep.mjs";
import { findOnPath, isExecutable, run } from "../run.mjs";
import { StepFailed } from "../step.mjs";

/** Newer suites than a stable Debian, in the order they are asked. */
const suites = ["testing", "unstable"];

/**
 * Debian's package from a newer suite, unpacked and not installed. apt checks the
 * signatures; its state lies in the cache, so it needs no root and leaves the system alone.
 *
 * @type {import("../step.mjs").Step}
 */
export const fromDebian = {
  name: "Debian's package",
  async find(program, machine) {
    if (program.debianPackage === undefined) throw new StepFailed("Debian has no package of it");
    const apt = await findOnPath("apt-get", machine.env.PATH);
    const dpkg = await findOnPath("dpkg-deb", machine.env.PATH);
    if (!apt || !dpkg) throw new StepFailed("this is not a Debian: no apt-get or no dpkg-deb");
    const mirror = await findDebianMirror(machine.aptSources);
    let reason = new StepFailed("no suite was asked");
    for (const suite of suites) {
      try {
        return await fromSuite(program, machine, { apt, dpkg, mirror, suite });
      } catch (error) {
        if (!(error instanceof StepFailed)) throw error;
        reason = new StepFailed(`${suite}: ${error.message}`);
      }
    }
    throw reason;
  },
};

/**
 * @param {import("../programs.mjs").Program} program
 * @param {import("../step.mjs").Machine} machine
 * @param {{ apt: string, dpkg: string, suite: string, mirror: import("../apt-sources.mjs").Mirror }} source
 */
function fromSuite(program, machine, { apt, dpkg, suite, mirror }) {
  const name = String(program.debianPackage);
  return inWorkFolder(machine, (folder) =>
    machine.report.during(`${program.name}: asking Debian ${suite}`, async (show) => {
      const config = await writeAptConfig(folder, suite, mirror);
      const options = { env: machine.env, cwd: folder, limitMs: 180_000, onLine: show };
      await run(apt, ["-c", config, "update"], options);
      await run(apt, ["-c", config, "download", name], options);
      const archive = (await readdir(folder)).find((file) => file.endsWith(".deb"));
      if (archive === undefined) throw new StepFailed(`apt-get brought no package ${name}`);
      await run(dpkg, ["-x", archive, "unpacked"], options);
      return keep(program, machine, await findUnpacked(join(folder, "unpacked"), program.name));
    }),
  );
}

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

/**
 * @param {string} folder
 * @param {string} suite
 * @param {import("../apt-sources.mjs").Mirror} mirror
 */
async function writeAptConfig(folder, suite, { uri, signedBy }) {
  for (const path of ["lists/partial", "archives/partial"]) {
    await mkdir(join(folder, path), { recursive: true });
  }
  const key = signedBy === undefined ? "" : ` signed-by=${signedBy}`;
  await writeFile(join(folder, "sources.list"), `deb [target=Packages${key}] ${uri} ${suite} main\n`);
  await writeFile(join(folder, "status"), "");
  const settings = {
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::State::lists": join(folder, "lists"),
    "Dir::State::status": join(folder, "status"),
    "Dir::Cache": folder,
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Retries": "0",
    "Acquire::http::Timeout": "8",
    "Acquire::https::Timeout": "8",
    // A list that could not be fetched is then an error, not a warning.
    "APT::Update::Error-Mode": "any",
  };
  // The machine's hooks would clean up the machine's own state.
  const cleared = ["APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"];
  const lines = [
    ...cleared.map((hook) => `#clear ${hook};`),
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";`),
  ];
  const file = join(folder, "apt.conf");
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}
