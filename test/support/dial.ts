import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";

const mostTries = 3;

/**
 * Connects the plain client, which gives up where the library tries again: a server waits two to three seconds for
 * a login, and a machine may stand still for longer.
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
  const isOurs = error.name === "TimeoutError" || code === "EPIPE" || code === "ECONNRESET";
  return isOurs || /authentication timeout/i.test(error.message);
}
