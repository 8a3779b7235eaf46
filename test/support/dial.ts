import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import { wasCutOff } from "../../libs/nats/errors.ts";

const mostTries = 3;

/** For a request that is answered at once: the plain client's usual second is soon over where a machine stands still. */
export const patient = { timeout: 20_000 } as const;

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
  const isTimeout = error.name === "TimeoutError" || /authentication timeout/i.test(error.message);
  return isTimeout || wasCutOff(error);
}
