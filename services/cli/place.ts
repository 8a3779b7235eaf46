import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";

/** Where a mesh is, and how that is known. */
export interface Place {
  readonly servers: readonly string[];
  /** For messages: the option, variable or file that named it. */
  readonly from: string;
}

const defaultUrl = "nats://127.0.0.1:4222";

/** What whoever keeps a mesh up writes into `.cache/mesh.json`. */
const state = z.object({ url: z.string(), pid: z.number().int().positive() });

/** Where it is, for people: without the passwords that a URL may hold. */
export function shownServers({ servers }: Place): string {
  return servers.map((url) => url.replace(/\/\/[^@/]*@/, "//…@")).join(", ");
}

/** Finds the mesh: the option, the environment, the mesh that is up in a folder above, else this machine's usual port. */
export function findMesh(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Place {
  if (option !== undefined) return { servers: split(option), from: "--server" };
  for (const name of ["MYELIN_URL", "NATS_URL"]) {
    const value = env[name];
    if (value !== undefined && value !== "") return { servers: split(value), from: name };
  }
  const up = meshThatIsUp(cwd);
  if (up !== undefined) return { servers: [up.url], from: up.file };
  return { servers: [defaultUrl], from: "the default" };
}

/** The mesh that is up in this folder or one above, by the state file of the program that keeps it up. */
export function meshThatIsUp(
  cwd: string,
): { readonly url: string; readonly pid: number; readonly file: string } | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, ".cache", "mesh.json");
    const found = readState(file);
    if (found !== undefined) return { ...found, file };
    if (folder === dirname(folder)) return undefined;
  }
}

/** The folder for files that last no longer than a mesh: the nearest `.cache`, else one here. */
export function cacheFolder(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const cache = join(folder, ".cache");
    if (existsSync(cache)) return cache;
    if (folder === dirname(folder)) return join(resolve(cwd), ".cache");
  }
}

function readState(file: string): z.output<typeof state> | undefined {
  try {
    const found = state.parse(JSON.parse(readFileSync(file, "utf8")));
    process.kill(found.pid, 0);
    return found;
  } catch {
    // No file, half a file, or one of a program that died: there is no mesh by that name.
    return undefined;
  }
}

function split(urls: string): string[] {
  return urls
    .split(",")
    .map((url) => url.trim())
    .filter((url) => url !== "");
}
