import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { runKeeper, settingsOf } from "@myelin/keeper";
import { appliedPolicy, openHome } from "@myelin/mesh/operate";
import { type CommonOptions, type Context, note, printJson, resolveContext } from "../context.ts";
import { Exit, interruptible, usage } from "../failure.ts";
import type { Place } from "../place.ts";
import type { Terminal } from "../terminal.ts";

/** What `keeper` takes beside what all commands do. */
export interface KeeperOptions extends CommonOptions {
  readonly storeCreds?: string;
  readonly port?: string;
  readonly host?: string;
}

/** Looks after a workspace's dead letters and later tasks, until Ctrl-C. */
export async function keeper({ terminal }: Context, options: KeeperOptions): Promise<number> {
  // Unless it is told another, its name is its role's, whomever `env` has made this shell: nobody is a caretaker by the way.
  const { as = "keeper" } = options;
  const context = resolveContext(terminal, { ...options, as });
  checkKeeper(as, context.place);
  const { port, host } = options;
  const storeCreds = storeCredsOf(options, terminal);
  const settings = settingsOf(context.place, { name: as, port, host, storeCreds });
  const running = await runKeeper(settings);
  const url = running.probes?.url;
  if (context.json) printJson(context, { name: as, url });
  else {
    const probes = url === undefined ? "" : `; probes and metrics at ${url}`;
    note(context, `${as} looks after ${context.place.servers.join(", ")}${probes}; Ctrl-C ends it`);
  }
  await interruptible(context, untilAborted);
  await running.stop();
  return Exit.ok;
}

/** Throws for who is no keeper where the home at hand says so: new credentials would not make it one. */
function checkKeeper(name: string, { credentials }: Place): void {
  if (typeof credentials !== "object") return;
  const workspace = basename(credentials.folder);
  const members = keepersOf(dirname(dirname(credentials.folder)), workspace);
  if (members === undefined || members.includes(name)) return;
  const roles = `workspaces.${workspace}.roles`;
  if (members.length === 0) {
    throw usage(
      `nobody is a keeper in mesh.yaml as it was applied: add keeper: { members: [keeper] } to ${roles}, and \`myelin apply\` makes its credentials`,
    );
  }
  const others = members.map((one) => (one === "keeper" ? "leave --as out" : `--as ${one}`));
  throw usage(
    `${name} is no keeper in mesh.yaml as it was applied, where ${roles}.keeper.members is [${members.join(", ")}]: ${others.join(", or ")}`,
  );
}

/** By what was applied last; undefined where that is not ours to read, or no home. */
function keepersOf(folder: string, workspace: string): readonly string[] | undefined {
  try {
    const found = appliedPolicy(openHome(folder)).workspaces[workspace];
    return found && (found.roles.keeper?.members ?? []);
  } catch {
    // A program has its credentials alone: the server tells who may what.
    return undefined;
  }
}

/** The file that is named; undefined where none is. No command makes one that was named wrongly. */
function storeCredsOf({ storeCreds }: KeeperOptions, terminal: Terminal): string | undefined {
  const { env, cwd } = terminal;
  const named = storeCreds ?? (env.MYELIN_STORE_CREDS || undefined);
  const path = named === undefined ? undefined : resolve(cwd, named);
  if (path === undefined || existsSync(path)) return path;
  const from = storeCreds === undefined ? "MYELIN_STORE_CREDS" : "--store-creds";
  throw usage(
    `${from} names ${path}, and there is no such file; without it that one is taken which \`myelin apply\` put into the folder <workspace>-store beside its own`,
  );
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}
