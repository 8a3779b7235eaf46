import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";

const mostTries = 5;

/**
 * Connects the plain client, which gives up where the library tries again: a server waits two seconds for a login, and
 * a machine may stand still for longer. A refusal is none of that.
 */
export async function dial(options: ConnectionOptions): Promise<NatsConnection> {
  for (let tries = 1; ; tries++) {
    try {
      return await connect(options);
    } catch (error) {
      if (tries === mostTries || !isLate(error)) throw error;
    }
  }
}

function isLate(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return error.name === "TimeoutError" || code === "EPIPE" || code === "ECONNRESET";
}
