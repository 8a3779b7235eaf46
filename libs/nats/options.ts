import type { Authenticator, NodeConnectionOptions } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";

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

/** Where to connect and as whom. */
export interface LinkOptions {
  /** URLs of the NATS servers. */
  readonly servers: readonly string[];
  /** Shown by `nats server report connections`. */
  readonly name: string;
  /** How long to wait for a broker that is not there at first, in milliseconds. Default: 0. */
  readonly waitForBrokerMs?: number;
  /** Everything else nats.js takes: TLS, authenticator, … */
  readonly nats?: NatsOptions | undefined;
  /** Hears of what goes wrong and belongs to no call: refusals by the server, a callback that threw. */
  readonly onTrouble?: ((trouble: MeshError) => void) | undefined;
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

const timings = ["reconnectTimeWait", "reconnectJitter", "reconnectJitterTLS"] as const;
const positives = ["timeout", "pingInterval", "maxPingOut"] as const;
const longest = 3_600_000;

/** nats.js's options: the user's within their limits, and over them what makes the mesh recover by itself. */
export function natsOptions(
  options: LinkOptions,
  onTrouble: (thrown: unknown) => void,
): NodeConnectionOptions {
  checkServers(options.servers);
  const passed = { ...defaults, ...given(options.nats ?? {}) };
  for (const name of timings) checkNumber(name, passed[name], 0);
  for (const name of positives) checkNumber(name, passed[name], 1);
  return {
    ...passed,
    ...(passed.authenticator === undefined
      ? {}
      : { authenticator: [passed.authenticator].flat().map((one) => lasting(one, onTrouble)) }),
    servers: [...options.servers],
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
