import { join } from "node:path";
import { openHome, roleOf } from "@myelin/mesh/operate";
import type { HomeOptions } from "./home.ts";
import { homeFolder } from "./place.ts";
import type { Terminal } from "./terminal.ts";

/** What a command line was about: without it a hint leads to another home, or to another workspace's keys. */
export interface Whereabouts {
  /** The home as it was typed, in the option or in MYELIN_HOME. */
  readonly home: string | undefined;
  /** The folder that it is. */
  readonly folder: string | undefined;
  readonly workspace: string | undefined;
  /** The option or variable that names the servers, where that is not the home. */
  readonly urlFrom: string | undefined;
}

/** What the options and the environment say. A variable may have been set for this command alone. */
export function whereaboutsOf(
  options: Pick<HomeOptions, "home" | "server" | "workspace">,
  { env, cwd }: Terminal,
): Whereabouts {
  const home = options.home ?? (env.MYELIN_HOME || undefined);
  const said = options.workspace ?? (env.MYELIN_WORKSPACE || undefined);
  return {
    home,
    folder: home === undefined ? undefined : homeFolder(home, env, cwd),
    // Of `init` it is a list: what the home is to have.
    workspace: typeof said === "string" ? said : undefined,
    urlFrom: urlFromOf(options, env),
  };
}

/** The variable that says where servers are, if one does. */
export function urlVariable(env: Terminal["env"]): string | undefined {
  return ["MYELIN_URL", "NATS_URL"].find((name) => env[name]);
}

function urlFromOf(
  { server, home }: Pick<HomeOptions, "home" | "server">,
  env: Terminal["env"],
): string | undefined {
  if (server !== undefined) return "--server";
  return home === undefined ? urlVariable(env) : undefined;
}

/** A hint as it works where it is read: commands with their home and workspace, lines of mesh.yaml for who has a role. */
export function fitted(text: string, where: Whereabouts): string {
  return text
    .replace(/`myelin identity add (\S+)` makes it/, (hint, name) => joining(name, where) ?? hint)
    .replace(/\bagents\.([\w-]+)\.(calls|submits|publishes|hears): /g, (line, name, grant) => {
      const [is, role] = roleIn(where, name)?.split(":") ?? [];
      return is === "role" ? `roles.${role}.${grant}: ` : line;
    })
    .replace(/`myelin ([a-z][^`]*)`/g, (_, command) => `\`myelin ${placed(command, where)}\``);
}

/** What to do where the servers of a home do not answer; undefined where they were named otherwise, or no home is. */
export function startAdvice({ home, urlFrom }: Whereabouts): string | undefined {
  if (home === undefined || urlFrom === "--server") return undefined;
  const start = `\`nats-server -c ${shellWord(join(home, "server", "nats-server.conf"))}\``;
  return urlFrom === undefined
    ? `start its server with ${start}, or say where it is with --server`
    : `${urlFrom} names that server: unset it to go to the home's own, which ${start} starts`;
}

/** A text as a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Commands that work without a home, and those for which a workspace means nothing, or something else. */
const homeless = /^(up|--\S+)\b/;
const undivided = /^(up|init|apply|diff|versions|certify|streams export|--\S+)\b/;

function placed(command: string, { home, workspace }: Whereabouts): string {
  const options = [
    [home, "--home", homeless],
    [workspace, "--workspace", undivided],
  ] as const;
  const missing = options.flatMap(([value, option, others]) =>
    value === undefined || others.test(command) || command.includes(option)
      ? []
      : [`${option} ${shellWord(value)}`],
  );
  return [command, ...missing].join(" ");
}

/** What to do for a name that has no credentials since mesh.yaml does not have it. */
function joining(name: string, where: Whereabouts): string | undefined {
  if (where.folder === undefined || roleIn(where, name) !== undefined) return undefined;
  if (!isReadable(where.folder)) return undefined;
  const at = `workspaces.${where.workspace ?? "<workspace>"}`;
  return (
    `${name} is not in mesh.yaml as it was applied: add it to ${at}.agents, or to the members of one of ${at}.roles, ` +
    "and `myelin apply` makes its credentials"
  );
}

/** Whether a home's own side can be read here: a program has its credentials alone. */
function isReadable(folder: string): boolean {
  try {
    openHome(folder);
    return true;
  } catch {
    // Somebody else keeps it.
    return false;
  }
}

function roleIn({ folder, workspace }: Whereabouts, name: string): string | undefined {
  if (folder === undefined) return undefined;
  try {
    return roleOf(openHome(folder), { name, workspace });
  } catch {
    // Not ours to read, or nothing was applied: the hint stays as it is.
    return undefined;
  }
}
