import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Home, Reach } from "@myelin/mesh/operate";
import { openHome } from "@myelin/mesh/operate";
import { z } from "zod";
import { usage } from "./failure.ts";
import { urlVariable, type Whereabouts, whereaboutsOf } from "./hints.ts";
import { ifGiven, wholeNumber } from "./input.ts";
import { homeFolder, newHomeFolder, urlOfUp } from "./place.ts";
import { type Palette, palette } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Options of every command that works on a home. */
export interface HomeOptions {
  readonly home?: string;
  readonly server?: string;
  /** Of `init`, which has nothing to look for, several. */
  readonly workspace?: string | readonly string[];
  readonly json?: boolean;
}

/** What a command on a home works with. The home need not be made yet. */
export interface HomeContext {
  readonly terminal: Terminal;
  readonly palette: Palette;
  readonly json: boolean;
  /** The home's folder. */
  readonly folder: string;
  /** Where the option or the environment says that the servers are. */
  readonly servers: readonly string[] | undefined;
  /** The option or variable that says so. */
  readonly from: string | undefined;
  /** For hints: what they have to name. */
  readonly where: Whereabouts;
  /** The one that is meant; undefined where nobody says, which may be all of them. */
  readonly workspace: string | undefined;
}

const place = z.object({ url: z.string() });

/** Finds the home, or where a new one is made, and what is said of its servers. */
export function resolveHome(
  terminal: Terminal,
  options: HomeOptions,
  find = homeFolder,
): HomeContext {
  const { env, cwd } = terminal;
  const { workspace } = options;
  const folder = find(options.home, env, cwd);
  const ofUp = urlOfUp(folder, cwd);
  // A home that is named is not looked for where an earlier `env` has led.
  const [named, from] = options.home === undefined ? namedUrl(env) : [];
  const urls = options.server ?? named ?? ofUp;
  return Object.freeze({
    terminal,
    palette: palette(terminal.hasColours),
    json: options.json === true,
    folder,
    servers: urls === undefined ? undefined : listed(urls),
    from: options.server === undefined ? from : "--server",
    where: whereaboutsOf(options, terminal),
    workspace: typeof workspace === "string" ? workspace : env.MYELIN_WORKSPACE || undefined,
  });
}

/** The variable that says where servers are, and what it says. */
function namedUrl(env: Terminal["env"]): readonly [url?: string, variable?: string] {
  const variable = urlVariable(env);
  return variable === undefined ? [] : [env[variable] ?? "", variable];
}

/** Where `init` makes a home: not that of a mesh that happens to be up here. */
export function resolveNewHome(terminal: Terminal, options: HomeOptions): HomeContext {
  return resolveHome(terminal, options, newHomeFolder);
}

/** Opens the home; one that is not made is an error that says how to make it. */
export function open({ folder }: HomeContext): Home {
  return openHome(folder);
}

/** Where to push to: as said, else where the home's own server listens. */
export function reach({ folder, servers }: HomeContext): Reach {
  return { servers: servers ?? listed(urlOf(folder)) };
}

/** A path as a person in this folder types it. */
export function shown({ terminal }: HomeContext, path: string): string {
  const short = relative(terminal.cwd, path);
  return short === "" ? "." : short.startsWith("../..") ? path : short;
}

/** Words of an option, parted by commas. */
export function listed(text: string): readonly string[] {
  return text.split(",").map((word) => word.trim());
}

/** How long what is issued shall last. */
export function lasting({ days }: { readonly days?: string }): {
  readonly days: number | undefined;
} {
  return { days: ifGiven(days, "--days", wholeNumber) };
}

function urlOf(folder: string): string {
  const file = join(folder, "mesh.json");
  try {
    return place.parse(JSON.parse(readFileSync(file, "utf8"))).url;
  } catch {
    throw usage(`${file} does not say where the servers are; --server does`);
  }
}
