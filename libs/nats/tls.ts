import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { TlsOptions as NatsTls } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Pems } from "./pem.ts";

/** How the connection to the servers is kept private. TLS 1.2 is the least, always. */
export interface TlsOptions {
  /** PEM file of the authorities that vouch for the servers; watched. Default: those that Node trusts. */
  readonly caFile?: string;
  /** PEM file of our own certificate, where the servers want one; watched. Default: none. */
  readonly certFile?: string;
  /** PEM file of its key, for its owner's eyes only; watched. */
  readonly keyFile?: string;
  /** Whether TLS begins before the server's first line; the servers must have `handshake_first`. Default: false. */
  readonly handshakeFirst?: boolean;
}

/** TlsOptions, checked. */
export interface TlsConfig {
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly handshakeFirst: boolean;
}

const known = ["caFile", "certFile", "keyFile", "handshakeFirst"];

/** Fills in and checks the options. */
export function resolveTls(options: TlsOptions): TlsConfig {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw wrong(`tls.${unknown} is not known; it takes ${known.join(", ")}`);
  const { caFile, certFile, keyFile, handshakeFirst = false } = options;
  for (const [name, path] of Object.entries({ caFile, certFile, keyFile })) {
    if (path !== undefined && (typeof path !== "string" || path === ""))
      throw wrong(`tls.${name} must be a file's path, got ${JSON.stringify(path)}`);
  }
  if ((certFile === undefined) !== (keyFile === undefined))
    throw wrong("tls.certFile and tls.keyFile belong together: give both or neither");
  if (typeof handshakeFirst !== "boolean")
    throw wrong(`tls.handshakeFirst must be true or false, got ${JSON.stringify(handshakeFirst)}`);
  return { caFile, certFile, keyFile, handshakeFirst };
}

/** Whether a connection there without TLS is refused, though no `tls` is given. */
export function demandsTls(servers: readonly string[], hasCredentials: boolean): boolean {
  // nats.js drops the scheme, and would take a plain server for it.
  if (servers.some((url) => /^(tls|nats\+tls):\/\//i.test(url))) return true;
  // Credentials sign and never cross, yet what is said after the login does.
  return hasCredentials && !servers.every(isLoopback);
}

/** nats.js's options: it reads each property anew at every dial, so renewed files are taken up. */
export function natsTls(
  { handshakeFirst }: Pick<TlsConfig, "handshakeFirst">,
  current: () => Pems | undefined,
  dialled: () => string | undefined,
): NatsTls {
  const options = {
    handshakeFirst,
    minVersion: "TLSv1.2",
    get ca() {
      return current()?.ca;
    },
    get cert() {
      return current()?.cert;
    },
    get key() {
      return current()?.key;
    },
    checkServerIdentity: (host: string, certificate: PeerCertificate) =>
      checkHost(host, dialled(), certificate),
  };
  return options as unknown as NatsTls;
}

/** What a user gives nats.js itself, never below our floor. */
export function floored(options: NatsTls, dialled: () => string | undefined): NatsTls {
  const { minVersion } = options as { readonly minVersion?: unknown };
  const held = {
    checkServerIdentity: (host: string, certificate: PeerCertificate) =>
      checkHost(host, dialled(), certificate),
    ...options,
    minVersion: minVersion === "TLSv1.3" ? minVersion : "TLSv1.2",
  };
  return held as NatsTls;
}

/** Node is told no host when nats.js dials an address, and then looks for `localhost` in the certificate. */
function checkHost(
  host: string,
  dialled: string | undefined,
  certificate: PeerCertificate,
): Error | undefined {
  const isTold = host !== "localhost" || dialled === undefined || isIP(dialled) === 0;
  const wrongHost = checkServerIdentity(isTold ? host : dialled, certificate);
  if (wrongHost === undefined || isTold || !isLoopback(dialled)) return wrongHost;
  return checkServerIdentity("localhost", certificate) === undefined ? undefined : wrongHost;
}

/** Whether what is said to a server does not leave this machine. */
export function isLoopback(url: string): boolean {
  const host = hostOf(url);
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function hostOf(url: string): string {
  const bare = url
    .trim()
    .replace(/^[a-z+]+:\/\//i, "")
    .replace(/^[^@/]*@/, "");
  if (isIP(bare) === 6) return bare;
  try {
    return new URL(`http://${bare}`).hostname.replace(/^\[|\]$/g, "");
  } catch {
    // What is no URL is nats.js's to refuse.
    return bare;
  }
}

function wrong(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}
