import { AsyncLocalStorage } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import { adviceFor } from "./advice.ts";
import { fromNats } from "./errors.ts";
import type { LinkOptions } from "./options.ts";

/** Between two attempts, in milliseconds; half of it at least, so that many do not come at once. */
const pauseMs = 300;

/** A broker that is there but slow to greet gets this long, in milliseconds. */
const slowBrokerMs = 8_000;

/** The first connection: tries as long as there is hope, and says plainly why it gave up. */
export async function dial(
  options: LinkOptions,
  nats: NodeConnectionOptions,
): Promise<NatsConnection> {
  const started = performance.now();
  for (;;) {
    try {
      return await attempt(nats);
    } catch (error) {
      const patienceMs = patience(error, options.waitForBrokerMs ?? 0);
      if (performance.now() - started >= patienceMs) throw explained(error, options);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2)));
  }
}

/** The sockets of one attempt to connect, known by what they were made for. */
const attempts = new AsyncLocalStorage<Set<Socket>>();
const made = channel("net.client.socket");
let underWay = 0;

/** Connects, or leaves no socket behind: nats.js keeps that of a server which took the connection and said nothing. */
async function attempt(nats: NodeConnectionOptions): Promise<NatsConnection> {
  const sockets = new Set<Socket>();
  const failed = new AbortController();
  // Of a socket that begins with TLS nobody is told.
  const tls = nats.tls && { ...nats.tls, signal: failed.signal };
  if (underWay++ === 0) made.subscribe(note);
  try {
    return await attempts.run(sockets, () => connect(tls ? { ...nats, tls } : nats));
  } catch (error) {
    failed.abort();
    for (const socket of sockets) socket.destroy();
    throw error;
  } finally {
    // Following contexts costs every promise of the process something, so it ends with the last attempt.
    if (--underWay === 0) {
      made.unsubscribe(note);
      attempts.disable();
    }
  }
}

function note(message: unknown): void {
  attempts.getStore()?.add((message as { readonly socket: Socket }).socket);
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
  const advice = adviceFor({ error, code, detail, options });
  return new MeshError(said, `${detail}; ${advice}`, { cause: error });
}

/** A login may stand before the last `@`, with or without a scheme before it. */
export function withoutSecrets(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)?.*@/i, "$1…@");
}
