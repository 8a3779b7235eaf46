import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";

/** Where a mesh is, and how that is known. */
export interface Place {
  /** URLs without a login, fit to be shown. */
  readonly servers: readonly string[];
  /** The login that a URL held: `nats://user:password@host`, or `nats://token@host`. */
  readonly login: Login;
  /** For messages: the option, variable or file that named it. */
  readonly from: string;
}

/** What nats.js takes to log in; nothing where the server asks for nothing. */
export interface Login {
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

const defaultUrl = "nats://127.0.0.1:4222";

/** What whoever keeps a mesh up writes into `.cache/mesh.json`. */
const state = z.object({ url: z.string(), pid: z.number().int().positive() });

/** Finds the mesh: the option, the environment, the mesh that is up in a folder above, else this machine's usual port. */
export function findMesh(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Place {
  if (option !== undefined) return placeOf(option, "--server");
  for (const name of ["MYELIN_URL", "NATS_URL"]) {
    const value = env[name];
    if (value !== undefined && value !== "") return placeOf(value, name);
  }
  const up = meshThatIsUp(cwd);
  if (up !== undefined) return placeOf(up.url, up.file);
  return placeOf(defaultUrl, "the default");
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

function placeOf(urls: string, from: string): Place {
  const parts = urls
    .split(",")
    .map((url) => /^(\w+:\/\/)?(?:([^@/]*)@)?(.*)$/.exec(url.trim()) ?? [])
    .filter(([url]) => url !== undefined && url !== "");
  const servers = parts.map(([, scheme = "", , host = ""]) => scheme + host);
  const login = parts.find(([, , login]) => login !== undefined)?.[2];
  return { servers, login: loginOf(login), from };
}

function loginOf(text: string | undefined): Login {
  if (text === undefined) return {};
  const colon = text.indexOf(":");
  if (colon < 0) return { token: decoded(text) };
  return { user: decoded(text.slice(0, colon)), pass: decoded(text.slice(colon + 1)) };
}

/** Percent signs of a URL; a password that was not encoded stands as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is part of the password then.
    return text;
  }
}
