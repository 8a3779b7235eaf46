import type { NatsConnection } from "@nats-io/transport-node";

/** Where nats.js keeps its socket. */
interface Inside {
  readonly protocol?: {
    readonly transport?: { readonly socket?: { destroy?(): void } | undefined };
  };
}

/**
 * Drops the socket at once. Before it reconnects, nats.js waits until what it has written is taken; a server that
 * stopped reading never takes it, so that a connection known to be stale would stay so for ever.
 */
export function cutOff(nc: NatsConnection): void {
  (nc as unknown as Inside).protocol?.transport?.socket?.destroy?.();
}
