import { connect, defineAgent, serve, skill } from "@myelin/mesh";
import { payloadSchema } from "../support/contract.ts";
import { makePayload } from "../support/payload.ts";
import type { CallSide } from "./side.ts";
import { startTracing } from "./tracing.ts";

const echo = defineAgent({
  name: "bench-echo",
  version: "1.0.0",
  skills: { echo: skill({ input: payloadSchema, output: payloadSchema, idempotent: true }) },
});

/** The mesh with everything on; nothing is configured away. */
export const mesh: CallSide = {
  async agent(url) {
    startTracing();
    await serve(echo, { echo: async (input) => input }, { servers: [url], concurrency: 1_000 });
  },

  async caller(url) {
    startTracing();
    const mesh = await connect({ name: "bench-caller", servers: [url] });
    const client = mesh.client(echo);
    const input = makePayload();
    return () => client.echo({ ...input });
  },
};
