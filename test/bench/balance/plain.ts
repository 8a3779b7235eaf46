import { connect } from "@nats-io/transport-node";
import { BenchError } from "../support/bench.ts";
import { makePayload } from "../support/payload.ts";
import { plainCaller, plainSubject } from "./mesh.ts";
import type { Ask } from "./side.ts";

/** A plain client that asks an agent of the mesh; it knows nothing of instances. */
export async function plainClient(url: string): Promise<Ask> {
  const nc = await connect({ servers: url, inboxPrefix: `_INBOX.${plainCaller}` });
  const payload = makePayload();
  return async () => {
    const answer = await nc.request(plainSubject, JSON.stringify(payload), { timeout: 30_000 });
    const refusal = answer.headers?.get("Nats-Service-Error") ?? "";
    if (refusal !== "") throw new BenchError(refusal);
    return answer.json();
  };
}
