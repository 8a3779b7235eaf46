import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import { adviceFor } from "./advice.ts";
import { fromNats, wasCutOff } from "./errors.ts";
import type { LinkOptions } from "./options.ts";

/** Between two attempts, in milliseconds; half of it at least, so that many do not come at once. */
const pauseMs = 300;

/** A broker that is there but slow to greet gets this long, in milliseconds. */
const slowBrokerMs = 8_000;

/** How often a connection that was cut off while it was made is made anew, beside all waiting. */
const mostCutOff = 3;

/** The first connection: tries as long as there is hope, and says plainly why it gave up. */
export async function dial(
  options: LinkOptions,
  nats: NodeConnectionOptions,
): Promise<NatsConnection> {
  const started = performance.now();
  let cutOff = 0;
  for (;;) {
    try {
      return await attempt(options.servers, nats);
    } catch (error) {
      const patienceMs = patience(error, options.waitForBrokerMs ?? 0);
      const isAgain = wasCutOff(error) && ++cutOff <= mostCutOff;
      if (!isAgain && performance.now() - started >= patienceMs) throw explained(error, options);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2)));
  }
}

/** Connects, or leaves no socket behind: nats.js keeps that of a server which took the connection and said nothing. */
async function attempt(
  servers: readonly string[],
  nats: NodeConnectionOptions,
): Promise<NatsConnection> {
  const made: Socket[] = [];
  const note = (message: unknown): void => {
    made.push((message as { readonly socket: Socket }).socket);
  };
  const failed = new AbortController();
  // Of a socket that begins with TLS nobody is told.
  const tls = nats.tls && { ...nats.tls, signal: failed.signal };
  sockets.subscribe(note);
  try {
    const nc = await connect(tls ? { ...nats, tls } : nats);
    // nats.js connects anew with the same options: each socket would listen to this signal, for good.
    if (tls) delete (tls as { signal?: unknown }).signal;
    return nc;
  } catch (error) {
    failed.abort();
    const ports = servers.map(portOf);
    // Others in this process may have connected meanwhile: nothing was said on ours, for the server spoke first.
    const isOurs = ({ bytesWritten, remotePort = 0 }: Socket): boolean =>
      bytesWritten === 0 && ports.includes(remotePort);
    for (const socket of made.filter(isOurs)) socket.destroy();
    throw error;
  } finally {
    sockets.unsubscribe(note);
  }
}

/** Where Node tells of each socket that is made; to follow contexts instead would slow every promise by a fifth. */
const sockets = channel("net.client.socket");
const usualPort = 4_222;

function portOf(server: string): number {
  const port = /:(\d+)\/?$/.exec(server)?.[1];
  return port === undefined ? usualPort : Number(port);
}

function patience(error: unknown, waitForBrokerMs: number): number {
  const { code } = fromNats(error, "");
  if (code === MeshCode.DeadlineExceeded) return Math.max(slowBrokerMs, waitForBrokerMs);
  // Wrong credentials or options do not become right by waiting.
  return code === MeshCode.Unavailable ? waitForBrokerMs : 0;
}

function explained(error: unknown, options: LinkOptions): MeshError {
  const where = `cannot connect to ${options.servers.map(withoutSecrets).join(", ")}`;
  const { code, detail } = fromNats(error, where);
  // Nothing was called yet that a deadline could have belonged to.
  const said = code === MeshCode.DeadlineExceeded ? MeshCode.Unavailable : code;
  const { advice, reason } = adviceFor({ error, code, detail, options });
  return new MeshError(said, `${detail}; ${advice}`, { cause: error, ...(reason && { reason }) });
}

/** A login may stand before the last `@`, with or without a scheme before it. */
export function withoutSecrets(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)?.*@/i, "$1…@");
}
