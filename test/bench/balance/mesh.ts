import { connect, defineAgent, serve, skill } from "@myelin/mesh";
import { payloadSchema } from "../support/contract.ts";
import { makePayload, type Payload } from "../support/payload.ts";
import type { Ask } from "./side.ts";
import { parallel, serial } from "./work.ts";

const skills = {
  work: skill({ input: payloadSchema, output: payloadSchema, idempotent: true }),
};
const version = "1.0.0";
const parallelAgent = defineAgent({ name: "bench-parallel", version, skills });
const serialAgent = defineAgent({ name: "bench-serial", version, skills });

/** The name under which a plain client asks, and the subject it asks on. */
export const plainCaller = "bench-ops";
export const plainSubject = `mesh.call.${serialAgent.name}.work.any.${plainCaller}`;

/** One instance each of an agent that works on all at once, and of one that works on one after the other. */
export async function meshAgent(url: string, workMs: number): Promise<void> {
  const servers = [url];
  const wide = parallel(workMs);
  const narrow = serial(workMs);
  await serve(parallelAgent, { work: (input) => wide().then(() => input) }, { servers });
  const oneByOne = { work: (input: Payload) => narrow().then(() => input) };
  await serve(serialAgent, oneByOne, { servers, concurrency: 1 });
}

/** A caller of the mesh. */
export async function meshCaller(url: string): Promise<Ask> {
  const mesh = await connect({ name: "bench-caller", servers: [url] });
  const clients = { parallel: mesh.client(parallelAgent), serial: mesh.client(serialAgent) };
  const input = makePayload();
  return (manner) => clients[manner].work({ ...input });
}
