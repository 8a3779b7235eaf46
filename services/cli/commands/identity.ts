import {
  addIdentity,
  checkWorkspace,
  type IdentityView,
  identities,
  type NameIn,
  renewAll,
  renewIdentity,
  revokeIdentity,
  type Written,
} from "@myelin/mesh/operate";
import { workspaceOf } from "@myelin/subjects";
import { printJson } from "../context.ts";
import { Exit, usage } from "../failure.ts";
import { type HomeContext, lasting, open, reach, shown } from "../home.ts";
import { type Column, count, type Palette, table } from "../table.ts";

/** What the identity commands take. */
export interface IdentityOptions {
  readonly days?: string;
  readonly all?: string | boolean;
  readonly offline?: string | boolean;
}

/** Lists who has credentials, and until when. */
export async function list(context: HomeContext): Promise<number> {
  const home = open(context);
  checkWorkspace(home, context.workspace);
  const views = identities(home).filter(({ account }) => isMeant(account, context));
  const { terminal, palette } = context;
  if (context.json) printJson(context, views);
  else terminal.out.write(table(views, columns(palette), { palette, width: terminal.columns }));
  return Exit.ok;
}

/** Issues credentials with a new key. */
export async function addOne(
  context: HomeContext,
  name: string,
  options: IdentityOptions,
): Promise<number> {
  const written = await addIdentity(open(context), nameIn(name, context), lasting(options));
  return tellWritten(context, written);
}

/** Gives one's credentials, or everybody's, a later expiry. */
export async function renew(
  context: HomeContext,
  name: string | undefined,
  options: IdentityOptions,
): Promise<number> {
  if ((name === undefined) === (options.all === undefined)) {
    throw usage("name whose credentials to renew, or say --all");
  }
  const home = open(context);
  const written =
    name === undefined
      ? await renewAll(home, { workspace: context.workspace, ...lasting(options) })
      : await renewIdentity(home, nameIn(name, context), lasting(options));
  return tellWritten(context, written);
}

/** Shuts a name out at once. */
export async function revoke(
  context: HomeContext,
  name: string,
  options: IdentityOptions,
): Promise<number> {
  const home = open(context);
  const servers = options.offline === undefined ? reach(context) : undefined;
  const revoked = await revokeIdentity(home, nameIn(name, context), servers);
  const { terminal, palette } = context;
  if (context.json) printJson(context, revoked);
  else {
    const when = servers === undefined ? "from the server's next start" : "at once";
    const what = `${name} is shut out of ${revoked.accounts.join(" and ")} ${when}: ${count(revoked.keys, "key")}`;
    terminal.out.write(`${what}\n`);
    if (revoked.unpublished !== undefined) {
      const warning = `not published as configuration: ${revoked.unpublished}`;
      terminal.err.write(`${palette.yellow(warning)}\n`);
    }
  }
  return Exit.ok;
}

/** A name in the workspace that is meant, where one is. */
export function nameIn(name: string, { workspace }: HomeContext): NameIn {
  return { name, workspace };
}

/** A workspace's account or its store; every account where none is meant. */
function isMeant(account: string, { workspace }: HomeContext): boolean {
  return workspace === undefined || workspaceOf(account) === workspace;
}

function tellWritten(context: HomeContext, written: readonly Written[]): number {
  const { terminal } = context;
  if (context.json) printJson(context, written);
  for (const { account, name, path, expires } of context.json ? [] : written) {
    terminal.out.write(`${account}/${name} until ${day(expires)}: ${shown(context, path)}\n`);
  }
  if (written.length === 0 && !context.json) terminal.out.write("nothing to renew\n");
  return Exit.ok;
}

function columns(palette: Palette): Column<IdentityView>[] {
  const paints = {
    valid: palette.green,
    expiring: palette.yellow,
    expired: palette.red,
    revoked: palette.red,
    "revoked, not pushed": palette.red,
    left: palette.dim,
  };
  return [
    { title: "NAME", text: ({ name }) => name, paint: () => palette.bold },
    { title: "ACCOUNT", text: ({ account }) => account },
    { title: "ROLE", text: ({ role }) => role },
    { title: "STATE", text: ({ state }) => state, paint: ({ state }) => paints[state] },
    { title: "EXPIRES", text: ({ expires }) => day(expires) },
    { title: "KEY", text: ({ user }) => `${user.slice(0, 8)}…` },
  ];
}

/** A day, and the time where that matters. */
export function day(at: Date): string {
  return at.toISOString().slice(0, 16).replace("T", " ");
}
