import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { MeshCode, MeshError } from "../errors/index.ts";

/** A real program that tests run. */
export interface Program {
  /** Its file's name. */
  readonly name: "nats-server" | "nats";
  /** The environment variable that names it outright. */
  readonly variable: "MYELIN_NATS_SERVER" | "MYELIN_NATS_CLI";
}

export const serverProgram: Program = Object.freeze({
  name: "nats-server",
  variable: "MYELIN_NATS_SERVER",
});

const cliProgram: Program = Object.freeze({ name: "nats", variable: "MYELIN_NATS_CLI" });

/** Where the real `nats` CLI is. */
export function natsCli(): string {
  return findProgram(cliProgram);
}

/** Where a program is: as the environment says, else on PATH, else in the `.cache/bin` of a folder above. */
export function findProgram({ name, variable }: Program): string {
  const named = process.env[variable];
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${variable} is ${named}, no program can be run there`,
    );
  }
  const found = [...onPath(name), ...inCaches(name)].find(isExecutable);
  if (found !== undefined) return found;
  throw new MeshError(
    MeshCode.Unavailable,
    `no ${name} found on PATH or in .cache/bin; run \`npm test\` in the repository, which fetches it, or set ${variable}`,
  );
}

function onPath(name: string): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.filter((folder) => folder !== "").map((folder) => join(folder, name));
}

function inCaches(name: string): string[] {
  const found: string[] = [];
  for (let folder = resolve("."); ; folder = dirname(folder)) {
    found.push(join(folder, ".cache", "bin", name));
    if (folder === dirname(folder)) return found;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to run: the next place is tried.
    return false;
  }
}
