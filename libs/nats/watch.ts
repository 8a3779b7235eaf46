import type { NatsConnection, Status } from "@nats-io/transport-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import { type Denied, deniedBy, fromNats } from "./errors.ts";
import { gather } from "./gather.ts";
import { cutOff } from "./inner.ts";

/** What a link wants to hear of its connection. */
export interface Watcher {
  /** The name that the connection bears. */
  readonly user: string;
  up(): void;
  down(): void;
  /** The server is about to go, and there is another. */
  leave(): void;
  denied(denied: Denied): void;
  trouble(thrown: unknown): void;
}

/** Longest wait before a server that is about to go is left, in milliseconds. */
const leaveWithinMs = 2_000;

/** Longest wait for nats.js to let go of a connection it was told to renew, in milliseconds. */
const renewWithinMs = 500;

/** Follows what nats.js says of a connection until it is closed. */
export async function watch(nc: NatsConnection, watcher: Watcher): Promise<void> {
  const timers = new Set<NodeJS.Timeout>();
  gather(nc);
  for await (const status of nc.status()) follow(nc, status, watcher, timers);
  for (const timer of timers) clearTimeout(timer);
  watcher.down();
}

function follow(
  nc: NatsConnection,
  status: Status,
  watcher: Watcher,
  timers: Set<NodeJS.Timeout>,
): void {
  switch (status.type) {
    case "reconnect":
      // nats.js has sent every subscription before it says this.
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      gather(nc);
      return watcher.up();
    case "disconnect":
      return watcher.down();
    case "staleConnection":
      watcher.down();
      return cutOff(nc);
    case "forceReconnect":
      watcher.down();
      timers.add(setTimeout(() => cutOff(nc), renewWithinMs));
      return;
    case "ldm":
      leave(nc, watcher, timers);
      return;
    case "error":
      return report(status.error, watcher);
    case "slowConsumer":
      return watcher.trouble(
        new MeshError(MeshCode.Overloaded, `${status.pending} messages wait to be handled here`),
      );
    default:
      return;
  }
}

function report(error: Error, watcher: Watcher): void {
  const denied = deniedBy(error, watcher.user);
  if (denied === undefined) watcher.trouble(fromNats(error, "the server said"));
  else watcher.denied(denied);
}

/** A server in lame duck mode goes within its own time; leaving it early is better only if there is another. */
function leave(nc: NatsConnection, watcher: Watcher, timers: Set<NodeJS.Timeout>): void {
  if (nc.getServers().length < 2) return;
  // All its clients hear of it at once and must not arrive elsewhere at once.
  const timer = setTimeout(() => watcher.leave(), Math.random() * leaveWithinMs);
  timer.unref();
  timers.add(timer);
}
