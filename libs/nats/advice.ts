import { MeshCode, type Reason } from "../errors/index.ts";
import type { LinkOptions } from "./options.ts";

/** A connection that failed, and how it was asked for. */
export interface Failure {
  readonly error: unknown;
  readonly code: MeshCode;
  readonly detail: string;
  readonly options: LinkOptions;
}

/** What to do about a connection that failed, in one clause; and whether it is that nothing is there. */
export function adviceFor(failure: Failure): { readonly advice: string; readonly reason?: Reason } {
  const advice = adviceOf(failure);
  return advice === undefined ? { advice: nobodyThere, reason: "no_server" } : { advice };
}

const nobodyThere = "is a nats-server running there? Start one, or name yours in `servers`";

function adviceOf(failure: Failure): string | undefined {
  const { code, options } = failure;
  if (code === MeshCode.PermissionDenied) return loginAdvice(options);
  const tls = tlsAdvice(failure);
  if (tls !== undefined) return tls;
  if (code === MeshCode.InvalidArgument) return "check `servers` and `nats`";
  // What nats.js says of a server that hung up without a word.
  const isSilent = code === MeshCode.DeadlineExceeded || /undefined error/.test(failure.detail);
  return isSilent ? silenceAdvice(options) : undefined;
}

/** With TLS 1.3 a server may turn a client away after the handshake, and nats.js hears nothing of why. */
function silenceAdvice({ tls }: LinkOptions): string {
  const first = "it has handshake_first (say tls: { handshakeFirst: true })";
  const own = "it wants a certificate of ours (name tls.certFile and tls.keyFile)";
  const other = "it did not accept our certificate";
  const hasOwn = tls !== undefined && tls !== false && tls.certFile !== undefined;
  return `it was silent or hung up: ${first}, or ${hasOwn ? other : own}, or it is stuck`;
}

/** The server tells nobody why; these are the reasons that cannot be seen from here. */
function loginAdvice({ credentials }: LinkOptions): string {
  if (credentials === undefined)
    return "check the credentials: `credentials`, or nats.authenticator, nats.user and nats.pass";
  return "check the credentials: they were revoked, or are of another operator or account than the server's, or the account was not pushed to it; `myelin identity renew` makes new ones, `myelin identity add` for who was revoked";
}

/** By what Node and OpenSSL call it, and by what the server says. */
const byTrouble: readonly (readonly [RegExp, string])[] = [
  [
    /does not support 'tls'/,
    "it speaks plain text only: give it a certificate, or say tls: false for a network that you trust (nats.tls too asks for TLS)",
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    "its certificate is for other names: use one of those in `servers`, or issue one with this name",
  ],
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    "its certificate is not valid now: issue a new one, or check the clocks",
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_SIGNATURE|CERT_UNTRUSTED/,
    "no authority that we trust vouches for it: name its CA's file in tls.caFile (or nats.tls)",
  ],
  [
    /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|ALERT_CERTIFICATE/,
    "the server did not accept our certificate: name one that its CA issued in tls.certFile and tls.keyFile",
  ],
  [
    /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/,
    "it speaks no TLS of 1.2 or newer, and older ones are not taken",
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/,
    "it does not begin with TLS: leave out tls.handshakeFirst, or give the server handshake_first",
  ],
  [/certificate|\btls\b|ssl/i, "check tls (or nats.tls), its caFile above all"],
];

function tlsAdvice({ error, detail }: Failure): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const said = `${typeof code === "string" ? code : ""} ${detail}`;
  return byTrouble.find(([trouble]) => trouble.test(said))?.[1];
}
