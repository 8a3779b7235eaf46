import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { systemAccountName } from "../../identity/index.ts";
import { accountFacts, accountNames } from "./accounts.ts";
import { makeFolder, readIfThere, readSecret, writeWhole } from "./files.ts";
import { accountJwt, type Home } from "./home.ts";

/** One nats-server of a mesh. */
export interface ServerOptions {
  /** Where clients reach it. Default: 127.0.0.1:4222. */
  readonly listen?: string | undefined;
  /** Its name among the servers. Default: what it makes up. */
  readonly name?: string;
  /** Where it keeps its configuration, JWTs and streams. Default: `server` in the home. */
  readonly folder?: string;
  /** Where it answers to monitoring by HTTP. Default: nowhere. */
  readonly monitor?: string;
  /** `required`: a client must show a certificate of the mesh's authority as well. Default: `none`. */
  readonly clientCertificates?: "none" | "required" | undefined;
  /** How long it waits for a client that begins with TLS, such as `150ms`. Default: it greets first. */
  readonly handshakeFirst?: string;
  /** The other servers. Default: none. */
  readonly cluster?: ClusterOptions;
  /** More lines of configuration, as they are. */
  readonly extra?: string;
}

/** A server's place among others of the same mesh; they find each other over TLS too. */
export interface ClusterOptions {
  readonly name: string;
  readonly listen: string;
  /** `tls://host:port` of the others. */
  readonly routes: readonly string[];
}

/** Where a server listens if nobody says otherwise. */
export const usualListen = "127.0.0.1:4222";

/** Writes a server's configuration and the accounts it begins with; the answer is the configuration's path. */
export function writeServer(home: Home, options: ServerOptions = {}): string {
  const folder = resolve(options.folder ?? home.layout.server);
  const path = join(folder, "nats-server.conf");
  makeFolder(join(folder, "jetstream"));
  fillResolver(home, folder);
  writeWhole(path, serverConfig(home, { ...options, folder }), "owner");
  return path;
}

/** Puts the JWT of every account where the server looks for it when it starts. */
export function fillResolver(home: Home, folder: string = home.layout.server): void {
  makeFolder(join(folder, "jwt"));
  for (const account of accountNames(home)) {
    const jwt = accountJwt(home, account);
    if (jwt === undefined) continue;
    const path = join(folder, "jwt", `${accountFacts(home, account).publicKey}.jwt`);
    // A server may be reading it: a file that is right already is left alone.
    if (readIfThere(path)?.trim() !== jwt) writeWhole(path, jwt, "owner");
  }
}

/** The configuration of a server: operator mode, TLS from 1.2 up, streams, and the full resolver. */
export function serverConfig(home: Home, options: ServerOptions = {}): string {
  const folder = resolve(options.folder ?? home.layout.server);
  const system = accountFacts(home, systemAccountName);
  const { listen = usualListen, name, monitor, cluster, extra } = options;
  return lines(
    "# Made by myelin init. Yours to change: it is not written again.",
    name === undefined ? undefined : `server_name: ${quoted(name)}`,
    `listen: ${quoted(listen)}`,
    monitor === undefined ? undefined : `http: ${quoted(monitor)}`,
    `tls {${tls(home, options)}}`,
    `operator: ${quoted(home.layout.operator.jwt)}`,
    `system_account: ${system.publicKey}`,
    "resolver {",
    `  type: full, dir: ${quoted(join(folder, "jwt"))}, allow_delete: true`,
    "  # A server that comes back asks the others for what it missed, revocations above all.",
    '  interval: "2s"',
    "}",
    `resolver_preload { ${system.publicKey}: ${system.jwt} }`,
    `jetstream { store_dir: ${quoted(join(folder, "jetstream"))} }`,
    cluster === undefined ? undefined : clusterLines(home, cluster),
    extra,
  );
}

function tls(home: Home, { clientCertificates = "none", handshakeFirst }: ServerOptions): string {
  const { ca, server, serverKey } = home.layout.tls;
  return lines(
    "",
    `  cert_file: ${quoted(server)}`,
    `  key_file: ${quoted(serverKey)}`,
    '  min_version: "1.2"',
    clientCertificates === "none" ? undefined : `  ca_file: ${quoted(ca)}\n  verify: true`,
    handshakeFirst === undefined ? undefined : `  handshake_first: ${quoted(handshakeFirst)}`,
  );
}

function clusterLines(home: Home, { name, listen, routes }: ClusterOptions): string {
  const { ca, server, serverKey } = home.layout.tls;
  const secret = routesSecret(home);
  const known = routes.map((url) => url.replace(/^([a-z+]+:\/\/)(?!.*@)/i, `$1route:${secret}@`));
  return lines(
    "cluster {",
    `  name: ${quoted(name)}, listen: ${quoted(listen)}`,
    // A certificate is not enough: clients may have one of the same authority, and a server may say anything.
    `  authorization { user: route, password: ${quoted(secret)}, timeout: 5 }`,
    `  routes: [${known.map(quoted).join(", ")}]`,
    `  tls { cert_file: ${quoted(server)}, key_file: ${quoted(serverKey)}, ca_file: ${quoted(ca)}, verify: true, min_version: "1.2" }`,
    "}",
  );
}

/** The same for every server of a home. */
function routesSecret({ layout }: Home): string {
  const { routes } = layout.tls;
  const known = readSecret(routes, "the secret of the servers' routes");
  if (known !== undefined) return known;
  const secret = randomBytes(32).toString("hex");
  writeWhole(routes, `${secret}\n`, "owner");
  return secret;
}

function lines(...parts: readonly (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined).join("\n")}\n`;
}

/** A text as nats-server's configuration quotes it. */
function quoted(text: string): string {
  if (!/[\n\r"]/.test(text)) return JSON.stringify(text);
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${JSON.stringify(text)} cannot stand in a server's configuration: it has a quote or a line break`,
  );
}
