import type { Authenticator, NodeConnectionOptions } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { CredentialsOption } from "./credentials.ts";
import { type Held, none, signing } from "./secrets.ts";
import { demandsTls, floored, natsTls, type TlsOptions } from "./tls.ts";

/** What of nats.js's own options is not for users: the mesh keeps its promises through these. */
const kept = [
  "servers",
  "port",
  "name",
  "noEcho",
  "reconnect",
  "maxReconnectAttempts",
  "reconnectDelayHandler",
  "reconnectToServer",
  "waitOnFirstConnect",
  "ignoreAuthErrorAbort",
] as const;

/** Options of nats.js that pass through: TLS, authenticator, timings. */
export type NatsOptions = {
  readonly [Name in Exclude<keyof NodeConnectionOptions, (typeof kept)[number]>]?:
    | NodeConnectionOptions[Name]
    | undefined;
};

/** Where a server is looked for that nobody named. */
export const usualUrl = "nats://127.0.0.1:4222";

/** Where to connect and as whom. */
export interface LinkOptions {
  /** URLs of the NATS servers. */
  readonly servers: readonly string[];
  /** Shown by `nats server report connections`. */
  readonly name: string;
  /** Whose the credentials must be. Default: the name up to its slash. */
  readonly user?: string | undefined;
  /** What to log in with. Default: nothing, or what `nats` says. */
  readonly credentials?: CredentialsOption | undefined;
  /** False allows plain text to servers on other machines. Default: TLS with them where there are credentials. */
  readonly tls?: TlsOptions | false | undefined;
  /** How long to wait for a broker that is not there at first, in milliseconds. Default: 0. */
  readonly waitForBrokerMs?: number;
  /** Everything else nats.js takes: TLS, authenticator, … */
  readonly nats?: NatsOptions | undefined;
  /** Hears of what goes wrong and belongs to no call: refusals by the server, a callback that threw. */
  readonly onTrouble?: ((trouble: MeshError) => void) | undefined;
  /** Hears what is worth a line in the log: credentials that were taken up, or will expire. */
  readonly onNotice?: ((notice: Notice) => void) | undefined;
}

/** A line for the log. */
export interface Notice {
  readonly level: "info" | "warn";
  readonly text: string;
}

/** Whose credentials a connection needs. */
export function userOf({ user, name }: LinkOptions): string {
  return user ?? name.replace(/\/.*/, "");
}

/** What the mesh asks of nats.js where the user says nothing. */
const defaults = {
  reconnectTimeWait: 200,
  reconnectJitter: 200,
  reconnectJitterTLS: 300,
  // A server that takes the connection and then says nothing must not hold up the next attempt.
  timeout: 2_000,
  // A connection is found dead after the third ping, within 30 s.
  pingInterval: 10_000,
  maxPingOut: 2,
} as const;

/** Longest pause before a server that turned us away is asked again, in milliseconds; it is back within two seconds. */
const mostPauseMs = 1_000;

/** A server looks for an account it does not know for 1.9 s before it refuses; in milliseconds. */
const loginMs = 3_000;

const timings = ["reconnectTimeWait", "reconnectJitter", "reconnectJitterTLS"] as const;
const positives = ["timeout", "pingInterval", "maxPingOut"] as const;
const longest = 3_600_000;

/** What a connection is made with beside what its user asked for. */
export interface Dialling {
  readonly onTrouble: (thrown: unknown) => void;
  /** What it logs in with. Default: nothing. */
  readonly held?: Held;
  /** The server to begin with. Default: any. */
  readonly preferred?: string | undefined;
}

/** nats.js's options: the user's within their limits, and over them what makes the mesh recover by itself. */
export function natsOptions(
  options: LinkOptions,
  { onTrouble, held = { secrets: none, refusals: 0 }, preferred }: Dialling,
): NodeConnectionOptions {
  checkServers(options.servers);
  const timeout = options.credentials === undefined ? defaults.timeout : loginMs;
  const passed = { ...defaults, timeout, ...given(options.nats ?? {}) };
  for (const name of timings) checkNumber(name, passed[name], 0);
  for (const name of positives) checkNumber(name, passed[name], 1);
  checkOnce(options, passed);
  let dialled: string | undefined;
  let isFirst = true;
  return {
    ...passed,
    ...loginOf(options, passed, { onTrouble, held }),
    ...tlsOf(options, passed, { held, dialled: () => dialled }),
    // It hears which server is next, and chooses only at the beginning: whoever follows another connection goes
    // where that one is, for only one server keeps the order of what comes over both.
    reconnectToServer: (servers) => {
      const same = isFirst ? servers.find(({ listen }) => listen === preferred) : undefined;
      isFirst = false;
      dialled = (same ?? servers[0])?.hostname;
      return same ?? null;
    },
    reconnectDelayHandler: () => pauseMs(passed, held.refusals),
    servers: [...new Set([...options.servers, ...(preferred === undefined ? [] : [preferred])])],
    name: options.name,
    // An agent may call itself.
    noEcho: false,
    reconnect: true,
    maxReconnectAttempts: -1,
    // Credentials are rotated under a living connection: a refusal now may be over in a minute.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  };
}

/** Between two attempts: whoever is turned away asks more and more seldom, and the server's log stays readable. */
function pauseMs(
  {
    reconnectTimeWait,
    reconnectJitterTLS,
  }: { readonly reconnectTimeWait: number; readonly reconnectJitterTLS: number },
  refusals: number,
): number {
  const usual = reconnectTimeWait + Math.random() * reconnectJitterTLS;
  return Math.max(usual, Math.min(usual * 2 ** refusals, mostPauseMs * (0.75 + Math.random() / 4)));
}

/** What is said in two places would be obeyed in one of them. */
function checkOnce(options: LinkOptions, passed: Partial<NodeConnectionOptions>): void {
  const logins = ["authenticator", "user", "pass", "token"] as const;
  const login = logins.find((name) => passed[name] !== undefined);
  if (options.credentials !== undefined && login !== undefined)
    throw twice("credentials", `nats.${login}`);
  if (options.tls !== undefined && passed.tls !== undefined) throw twice("tls", "nats.tls");
}

function twice(one: string, other: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, `${one} and ${other} were both given; give one`);
}

function loginOf(
  { credentials }: LinkOptions,
  { authenticator }: Partial<NodeConnectionOptions>,
  { onTrouble, held }: Required<Pick<Dialling, "onTrouble" | "held">>,
): Partial<NodeConnectionOptions> {
  if (credentials !== undefined) return { authenticator: signing(held) };
  if (authenticator === undefined) return {};
  return { authenticator: [authenticator].flat().map((one) => lasting(one, onTrouble)) };
}

function tlsOf(
  { servers, credentials, tls }: LinkOptions,
  passed: Partial<NodeConnectionOptions>,
  { held, dialled }: { readonly held: Held; readonly dialled: () => string | undefined },
): Partial<NodeConnectionOptions> {
  if (passed.tls !== undefined)
    return { tls: passed.tls === null ? null : floored(passed.tls, dialled) };
  // Plain text is allowed then, not demanded: nats.js takes TLS where the server offers it.
  if (tls === false) return {};
  if (tls === undefined && !demandsTls(servers, credentials !== undefined)) return {};
  const handshakeFirst = tls?.handshakeFirst ?? false;
  return { tls: natsTls({ handshakeFirst }, () => held.secrets.pems, dialled) };
}

function given(nats: NatsOptions): Partial<NodeConnectionOptions> {
  const entries = Object.entries(nats);
  const refused = entries.find(([name]) => kept.some((one) => one === name));
  if (refused !== undefined) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `nats.${refused[0]} is not for users to set: the mesh keeps its promises through it`,
    );
  }
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function checkServers(servers: readonly string[]): void {
  if (servers.length > 0 && servers.every((url) => typeof url === "string" && url !== "")) return;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `servers must be one or more URLs such as nats://127.0.0.1:4222, got ${JSON.stringify(servers)}`,
  );
}

function checkNumber(name: string, value: unknown, least: number): void {
  if (typeof value === "number" && value >= least && value <= longest) return;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `nats.${name} must be a number from ${least} to ${longest}, got ${String(value)}`,
  );
}

/**
 * An authenticator that throws makes nats.js close the connection for good. After the first time it logs in with
 * nothing instead: the server refuses, and the next attempt asks the authenticator again.
 */
function lasting(
  authenticator: Authenticator,
  onTrouble: (thrown: unknown) => void,
): Authenticator {
  let worked = false;
  return (nonce) => {
    try {
      const credentials = authenticator(nonce);
      worked = true;
      return credentials;
    } catch (error) {
      if (!worked) throw error;
      onTrouble(error);
      return undefined;
    }
  };
}
