import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Located, locate } from "@myelin/mesh";
import { z } from "zod";

/** Where a mesh is, how to log in, and how that is known. */
export type Place = Located;

/** What whoever keeps a mesh up writes into `.cache/mesh.json`. */
const state = z.object({
  url: z.string(),
  pid: z.number().int().positive(),
  home: z.string().optional(),
});

/** Options that say where a mesh is and how to log in. */
export interface PlaceOptions {
  readonly server?: string;
  readonly home?: string;
  readonly creds?: string;
}

/** Finds the mesh: the options, else as every program does, by the environment or a folder above. */
export function findMesh(
  { server, home, creds }: PlaceOptions,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Place {
  const found = locate(
    {
      ...(home === undefined ? env : withoutFiles(env)),
      ...(server === undefined ? {} : { MYELIN_URL: server }),
      ...(home === undefined ? {} : { MYELIN_HOME: home }),
    },
    cwd,
  );
  const from = server !== undefined ? "--server" : home !== undefined ? "--home" : found.from;
  return { ...found, ...(creds === undefined ? {} : { credentials: pathOf(creds, cwd) }), from };
}

/** A home that is named comes with its own credentials and certificates, whatever an earlier `env` has left. */
function withoutFiles(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const isFile = /^(MYELIN|NATS)_(CREDS|CA|CERT|KEY)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isFile.test(name)));
}

function pathOf(creds: string, cwd: string): string | { readonly folder: string } {
  const path = resolve(cwd, creds);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? { folder: path } : path;
}

/** The home: the option, MYELIN_HOME, that of the mesh that is up here, else `mesh` in this folder. */
export function homeFolder(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string {
  return resolve(cwd, option ?? (env.MYELIN_HOME || (meshThatIsUp(cwd)?.home ?? "mesh")));
}

/** A mesh that somebody keeps up, by its state file. */
export interface MeshThatIsUp {
  readonly url: string;
  readonly pid: number;
  /** The folder of what issues its credentials. */
  readonly home: string | undefined;
  readonly file: string;
}

/** The mesh that is up in this folder or one above, by the state file of the program that keeps it up. */
export function meshThatIsUp(cwd: string): MeshThatIsUp | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, ".cache", "mesh.json");
    const found = readState(file);
    if (found !== undefined) {
      const { url, pid, home } = found;
      return { url, pid, file, home: home === undefined ? undefined : resolve(folder, home) };
    }
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

/** Whether a file is this user's, or root's; Windows knows no such number. */
function isOwnFile(file: string): boolean {
  const user = process.getuid?.();
  return user === undefined || [user, 0].includes(statSync(file).uid);
}

function readState(file: string): z.output<typeof state> | undefined {
  try {
    const found = state.parse(JSON.parse(readFileSync(file, "utf8")));
    process.kill(found.pid, 0);
    // Where all may write, another user's file could lead us to a server and a home of theirs.
    return isOwnFile(file) ? found : undefined;
  } catch {
    // No file, half a file, or one of a program that died: there is no mesh by that name.
    return undefined;
  }
}
