import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { isStoreAccount, isToken } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import { usualUrl } from "../nats/index.ts";
import { type Login, readUrls, type ServerUrls } from "./server-urls.ts";
import { meshThatIsUp, readState } from "./state-file.ts";

/** What a program needs to join a mesh; spread it into the options of `connect` and `serve`. */
export interface Located {
  /** URLs without a login, fit to be shown. */
  readonly servers: readonly string[];
  /** A `.creds` file, or a folder of `<name>.creds`; absent where the server asks for none. */
  readonly credentials?: string | { readonly folder: string };
  /** Whom to trust as a server, and our own certificate where it asks for one. */
  readonly tls?: TlsFiles;
  /** The login that a URL held: `nats://user:password@host`, or `nats://token@host`. */
  readonly nats?: Login;
  /** For messages: the variable or file that named it. */
  readonly from: string;
}

export interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the mesh of a program: the home that `MYELIN_HOME` names, at another URL where one is named; the URL in
 * `MYELIN_URL` or `NATS_URL`, with the files in `MYELIN_CREDS`, `MYELIN_CA`, `MYELIN_CERT` and `MYELIN_KEY`; the mesh
 * that is up in this folder or one above.
 */
export function locate(env: Environment, cwd = "."): Located {
  const [url, named] = first(env, "URL");
  const home = env["MYELIN_HOME"] ?? "";
  if (home !== "") {
    const at = url === undefined ? {} : readUrls(url);
    const from = url === undefined ? "MYELIN_HOME" : named;
    return merged(inHome(resolve(cwd, home), env), at, files(env, cwd), from);
  }
  const up = meshThatIsUp(cwd);
  // The URL of the mesh that is up stands for it, with all that belongs to it.
  if (up !== undefined && (url === undefined || url === up.url)) {
    const there = up.home === undefined ? {} : inHome(up.home, env);
    return merged(there, readUrls(up.url), files(env, cwd), url === undefined ? up.file : named);
  }
  const from = url === undefined ? "the default" : named;
  return merged({}, readUrls(url ?? usualUrl), files(env, cwd), from);
}

/** Later ones win; of certificates, file by file. */
function merged(
  home: Partial<Located>,
  urls: Partial<ServerUrls>,
  named: Pick<Located, "credentials" | "tls">,
  from: string,
): Located {
  const tls = { ...home.tls, ...named.tls };
  return {
    servers: [usualUrl],
    ...{ ...home, ...urls, ...named },
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    from,
  };
}

function inHome(home: string, env: Environment): Omit<Located, "from"> {
  const { url } = readState(join(home, "mesh.json"));
  const workspace = workspaceIn(home, env["MYELIN_WORKSPACE"] || undefined);
  return {
    ...readUrls(typeof url === "string" ? url : usualUrl),
    credentials: { folder: join(home, "creds", workspace) },
    tls: { caFile: join(home, "tls", "ca.pem") },
  };
}

/** The one that is named, else the only one. */
function workspaceIn(home: string, named: string | undefined): string {
  const found = namesIn(join(home, "creds")).filter(
    (name) => isToken(name) && !isStoreAccount(name),
  );
  // Where nothing can be seen, the credentials may be elsewhere: whoever reads them tells.
  if (named !== undefined && (found.includes(named) || found.length === 0)) return named;
  if (named !== undefined) {
    const detail = `${home} has no workspace ${named}, only ${found.join(", ")}`;
    throw new MeshError(MeshCode.InvalidArgument, detail);
  }
  const [workspace] = found;
  if (workspace !== undefined && found.length === 1) return workspace;
  throw new MeshError(
    MeshCode.InvalidArgument,
    found.length === 0
      ? `${home} is no home that \`myelin init\` made: it holds no workspace's credentials`
      : `${home} has the workspaces ${found.join(", ")}; say which: MYELIN_WORKSPACE, or \`myelin … --workspace\``,
  );
}

function files(env: Environment, cwd: string): Pick<Located, "credentials" | "tls"> {
  const at = (name: string): string | undefined => {
    const [value] = first(env, name);
    return value === undefined ? undefined : resolve(cwd, value);
  };
  const [creds, caFile, certFile, keyFile] = ["CREDS", "CA", "CERT", "KEY"].map(at);
  const tls = {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  };
  return {
    ...(creds === undefined ? {} : { credentials: isFolder(creds) ? { folder: creds } : creds }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  };
}

/** Our variable, else the one that the `nats` CLI reads. */
function first(env: Environment, name: string): [value: string | undefined, variable: string] {
  for (const variable of [`MYELIN_${name}`, `NATS_${name}`]) {
    const value = env[variable];
    if (value !== undefined && value !== "") return [value, variable];
  }
  return [undefined, ""];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // Not there, or not ours to read: whoever asked says what was looked for.
    return [];
  }
}
