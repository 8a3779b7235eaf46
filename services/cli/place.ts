import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Located, locate, meshThatIsUp } from "@myelin/mesh";

/** Where a mesh is, how to log in, and how that is known. */
export type Place = Located;

/** Options that say where a mesh is and how to log in. */
export interface PlaceOptions {
  readonly server?: string;
  readonly home?: string;
  readonly workspace?: string;
  readonly creds?: string;
}

/** Finds the mesh: the options, else as every program does, by the environment or a folder above. */
export function findMesh(
  { server, home, workspace, creds }: PlaceOptions,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Place {
  const found = locate(
    {
      ...(home === undefined ? env : ofHome(home, env, cwd)),
      ...(server === undefined ? {} : { MYELIN_URL: server }),
      ...(workspace === undefined ? {} : { MYELIN_WORKSPACE: workspace }),
    },
    cwd,
  );
  const from = server !== undefined ? "--server" : home !== undefined ? "--home" : found.from;
  return { ...found, ...(creds === undefined ? {} : { credentials: pathOf(creds, cwd) }), from };
}

/** A home that is named comes with its own URL, credentials and certificates, whatever an earlier `env` has left. */
function ofHome(
  home: string,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Readonly<Record<string, string | undefined>> {
  const isOther = /^(MYELIN|NATS)_(URL|CREDS|CA|CERT|KEY)$/;
  const kept = Object.entries(env).filter(([name]) => !isOther.test(name));
  const url = urlOfUp(resolve(cwd, home), cwd);
  return {
    ...Object.fromEntries(kept),
    ...(url === undefined ? {} : { MYELIN_URL: url }),
    MYELIN_HOME: home,
  };
}

/** Where the mesh that is up listens, if this is its home: that one chooses a port when it starts. */
export function urlOfUp(home: string, cwd: string): string | undefined {
  const up = meshThatIsUp(cwd);
  return up?.home === home ? up.url : undefined;
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
  const said = option ?? env.MYELIN_HOME;
  return said
    ? resolve(cwd, said)
    : (meshThatIsUp(cwd)?.home ?? newHomeFolder(undefined, env, cwd));
}

/** Where a home is made: the option, MYELIN_HOME, else `mesh` in this folder, whatever is up here. */
export function newHomeFolder(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string {
  return resolve(cwd, option ?? (env.MYELIN_HOME || "mesh"));
}

/** The folder for files that last no longer than a mesh: the nearest `.cache`, else one here. */
export function cacheFolder(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const cache = join(folder, ".cache");
    if (existsSync(cache)) return cache;
    if (folder === dirname(folder)) return join(resolve(cwd), ".cache");
  }
}
