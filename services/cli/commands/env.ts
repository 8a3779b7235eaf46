import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { inboxPrefix, isToken, storeApiPrefix, tokenRule } from "@myelin/subjects";
import { type Context, look, note, printJson } from "../context.ts";
import { Exit, usage } from "../failure.ts";
import { shellWord } from "../hints.ts";
import { cacheFolder, type Place } from "../place.ts";
import { findProgram } from "../programs.ts";

export interface EnvOptions {
  /** Where the context goes. */
  readonly out?: string;
}

/**
 * Lets the plain `nats` CLI and other clients reach the mesh: writes a context and prints the exports that name it.
 * The inbox prefix is why a context is needed: the CLI has no variable for it, and agents answer into our inbox only.
 */
export async function env(context: Context, options: EnvOptions): Promise<number> {
  const { name, place, terminal } = context;
  if (!isToken(name)) throw usage(`--as must be ${tokenRule}, got ${JSON.stringify(name)}`);
  // Exports for a mesh that is not there would only move the error elsewhere.
  await (await look(context)).close();
  const file = resolve(
    terminal.cwd,
    options.out ?? join(cacheFolder(terminal.cwd), "nats", `${name}.json`),
  );
  const url = urlsOf(place).join(",");
  const files = filesOf(place, name);
  writeContext(file, {
    description: `Myelin mesh, as ${name}`,
    url,
    ...files,
    inbox_prefix: inboxPrefix(name, "cli").slice(0, -1),
    // A workspace sees of its streams what the store account lets through, under this prefix.
    jetstream_api_prefix: files.creds === undefined ? undefined : storeApiPrefix,
  });
  const variables = {
    NATS_CONTEXT: file,
    NATS_URL: url,
    MYELIN_URL: url,
    MYELIN_AS: name,
    ...named("NATS", files),
    ...named("MYELIN", files),
    // Programs of this shell have names of their own: they get the folder, where there is one.
    ...(typeof place.credentials === "object" ? { MYELIN_CREDS: place.credentials.folder } : {}),
  };
  const cli = folderOfCli(context);
  if (context.json) printJson(context, { ...variables, path: cli });
  else {
    for (const [variable, value] of Object.entries(variables)) {
      terminal.out.write(`export ${variable}=${shellWord(value)}\n`);
    }
    if (cli !== undefined) terminal.out.write(`export PATH=${shellWord(cli)}:"$PATH"\n`);
    if (terminal.isTty) note(context, '# to use them in this shell: eval "$(myelin env)"');
  }
  return Exit.ok;
}

/** What the nats CLI's context calls the files of a login. */
interface LoginFiles {
  readonly creds?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The files to log in with; a folder of credentials has ours by now, since we were connected. */
function filesOf({ credentials, tls }: Place, name: string): LoginFiles {
  const creds =
    typeof credentials === "object" ? join(credentials.folder, `${name}.creds`) : credentials;
  const found = { creds, ca: tls?.caFile, cert: tls?.certFile, key: tls?.keyFile };
  return Object.fromEntries(Object.entries(found).filter(([, path]) => path !== undefined));
}

/** `NATS_CREDS`, `NATS_CA` and so on. */
function named(prefix: string, files: LoginFiles): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([what, path]) => [`${prefix}_${what.toUpperCase()}`, path]),
  );
}

/** The URLs with their login again: what the CLI and other clients take. */
function urlsOf({ servers, nats: login }: Place): string[] {
  if (login === undefined) return [...servers];
  const words = "token" in login ? [login.token] : [login.user, login.pass];
  const text = words.map((word) => encodeURIComponent(word)).join(":");
  return servers.map((url) => {
    const [scheme = "nats", host] = url.includes("://") ? url.split("://") : ["nats", url];
    return `${scheme}://${text}@${host}`;
  });
}

function writeContext(file: string, context: object): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    // A context may come to hold secrets.
    writeFileSync(file, `${JSON.stringify(context, undefined, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usage(`${file} cannot be written: ${reason}; --out names another file`);
  }
}

/** The folder of the `nats` CLI, when it is there but not on PATH. */
function folderOfCli({ terminal }: Context): string | undefined {
  const path = terminal.env.PATH ?? "";
  const folders = path.split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, "nats")))) return undefined;
  const cli = findProgram("nats", terminal);
  return cli === undefined ? undefined : dirname(cli);
}
