import type { MeshError } from "../errors/index.ts";

/** A subscription that can be ended without losing what the server has sent already. */
export interface Listening {
  /** Why the server does not allow it; known once a `flush()` after it has resolved. */
  readonly refused?: MeshError | undefined;
  /** Tells the server to stop; resolves when all it had sent before has been handed over. */
  stop(): Promise<void>;
}

/** The first refusal among several subscriptions. */
export function refusalOf(several: readonly Listening[]): MeshError | undefined {
  return several.find((listening) => listening.refused !== undefined)?.refused;
}
