// @ts-check
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes a configuration under which apt knows one suite and keeps all it writes in one
 * folder; the machine's own settings, such as a proxy, still hold.
 *
 * @param {string} folder
 * @param {string} suite
 * @param {import("./apt-sources.mjs").Mirror} mirror
 * @returns {Promise<string>} The file for apt's option `-c`.
 */
export async function writeAptConfig(folder, suite, { uri, signedBy }) {
  for (const path of ["lists/partial", "archives/partial"]) {
    await mkdir(join(folder, path), { recursive: true });
  }
  const key = signedBy === undefined ? "" : ` signed-by=${signedBy}`;
  const source = `deb [target=Packages${key}] ${uri} ${suite} main\n`;
  await writeFile(join(folder, "sources.list"), source);
  await writeFile(join(folder, "status"), "");
  const file = join(folder, "apt.conf");
  await writeFile(file, configLines(folder).join("\n"));
  return file;
}

/** @param {string} folder */
function configLines(folder) {
  const settings = {
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::State::lists": join(folder, "lists"),
    "Dir::State::status": join(folder, "status"),
    "Dir::Cache": folder,
    // As root, apt would change to a user that may not enter this folder.
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Retries": "0",
    "Acquire::http::Timeout": "8",
    "Acquire::https::Timeout": "8",
    // A list that could not be fetched is then an error, not a warning.
    "APT::Update::Error-Mode": "any",
  };
  // The machine's own hooks would tidy up the machine's own folders.
  const hooks = ["APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"];
  return [
    ...hooks.map((hook) => `#clear ${hook};`),
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";`),
    "",
  ];
}
