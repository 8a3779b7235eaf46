import { basename, dirname, join } from "node:path";
import { type Located, MeshCode, MeshError } from "@myelin/mesh";
import type { KeepingOptions } from "@myelin/mesh/operate";
import { z } from "zod";

/** Where probes and metrics are served. */
export interface ProbeAddress {
  readonly port: number;
  readonly host: string;
}

/** What keeper is started with. */
export interface KeeperSettings {
  readonly keeping: Omit<KeepingOptions, "logger">;
  /** Undefined: no probes. */
  readonly probes: ProbeAddress | undefined;
}

/** How it is named and where its second login lies, beside where the mesh is. */
export interface KeeperWords {
  readonly name?: string | undefined;
  /** The credentials of the store: a file, or a folder of `<name>.creds`. Default: beside the workspace's, in `<workspace>-store`. */
  readonly storeCreds?: string | undefined;
  /** Default: none. */
  readonly port?: string | undefined;
  readonly host?: string | undefined;
}

const words = z.object({
  MYELIN_AS: z.string().optional(),
  MYELIN_STORE_CREDS: z.string().optional(),
  MYELIN_PORT: z.string().optional(),
  MYELIN_HOST: z.string().optional(),
});

/** What the environment says: `MYELIN_AS`, `MYELIN_STORE_CREDS`, `MYELIN_PORT`, `MYELIN_HOST`. */
export function wordsOf(env: Readonly<Record<string, string | undefined>>): KeeperWords {
  const read = words.parse(env);
  return {
    name: given(read.MYELIN_AS),
    storeCreds: given(read.MYELIN_STORE_CREDS),
    port: given(read.MYELIN_PORT),
    host: given(read.MYELIN_HOST),
  };
}

/** Puts together what keeper needs; throws `invalid_argument` with what is missing. */
export function settingsOf(
  { servers, credentials, tls }: Pick<Located, "servers" | "credentials" | "tls">,
  { name = "keeper", storeCreds, port, host = "127.0.0.1" }: KeeperWords,
): KeeperSettings {
  if (credentials === undefined) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      "keeper needs credentials of the role keeper: put it into roles of mesh.yaml, apply, and set MYELIN_HOME or MYELIN_CREDS",
    );
  }
  const storeCredentials = storeCreds ?? besides(credentials);
  return {
    keeping: {
      ...{ name, servers, credentials, storeCredentials },
      ...(tls === undefined ? {} : { tls }),
    },
    probes: port === undefined ? undefined : { port: portOf(port), host },
  };
}

/** Where `myelin apply` puts those of the store: `creds/desk-store` beside `creds/desk`. */
function besides(credentials: NonNullable<Located["credentials"]>): KeepingOptions["credentials"] {
  if (typeof credentials === "object") return { folder: `${credentials.folder}-store` };
  return join(`${dirname(credentials)}-store`, basename(credentials));
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  const detail = `the port of keeper's probes must be a whole number from 0 to 65535, got ${JSON.stringify(text.slice(0, 20))}`;
  throw new MeshError(MeshCode.InvalidArgument, detail);
}

function given(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
