// @ts-check
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./launch.mjs";
import { root } from "./prepare.mjs";
import { SetupError } from "./step.mjs";

/** The folders of the packages that others install. */
export const published = ["subjects", "libs", "services/keeper", "services/cli"];

/** Lies at the top and belongs into every package: the README, which npm shows, and what it leads to. */
const papers = [
  "LICENSE",
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "DECISIONS.md",
  "SECURITY.md",
];

/**
 * Compiles the packages to JavaScript with declarations; each lies in `into` as it does in the repository.
 *
 * @param {string} into
 */
export async function compile(into) {
  await rm(into, { recursive: true, force: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const args = [compiler, "--project", "tsconfig.build.json", "--outDir", into];
  // What the compiler has to say it has said by itself.
  if ((await launch(args, process.env)) !== 0) throw new SetupError("the build failed");
}

/**
 * Lays out a package as it is published, from what was compiled; the answer is its folder.
 *
 * @param {string} folder One of `published`.
 * @param {{ compiled: string, into: string }} places
 */
export async function stage(folder, { compiled, into }) {
  const [from, to] = [join(root, folder), join(into, folder)];
  const manifest = JSON.parse(await readFile(join(from, "package.json"), "utf8"));
  await mkdir(to, { recursive: true });
  for (const name of manifest.files) {
    const source = name === "dist" ? join(compiled, folder) : join(from, name);
    await cp(source, join(to, name), { recursive: true });
  }
  for (const name of papers) await cp(join(root, name), join(to, name));
  // npm takes the README and the licence by itself, the others where it is told.
  const exported = withoutSources({ ...manifest, files: [...manifest.files, ...papers] });
  await writeFile(join(to, "package.json"), `${JSON.stringify(exported, undefined, 2)}\n`);
  return to;
}

/**
 * A bundler in development mode sets the condition `development` too, and would look for
 * sources that are not published.
 *
 * @param {{ exports?: Record<string, unknown> }} manifest
 */
function withoutSources({ exports: doors, ...rest }) {
  if (doors === undefined) return rest;
  const left = Object.entries(doors).map(([door, target]) => {
    if (typeof target !== "object" || target === null) return [door, target];
    return [door, Object.fromEntries(Object.entries(target).filter(isPublished))];
  });
  return { ...rest, exports: Object.fromEntries(left) };
}

/** @param {[condition: string, target: unknown]} entry */
function isPublished([condition]) {
  return condition !== "development";
}
