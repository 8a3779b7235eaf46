import { connect, serve } from "@myelin/mesh";
import { makePayload } from "../support/payload.ts";
import { echo } from "./contract.ts";
import type { CallSide } from "./side.ts";
import { startTracing } from "./tracing.ts";

/** The mesh with everything on. Only the places of the one instance are as many as there are calls in flight. */
export const mesh: CallSide = {
  async agent(url) {
    await startTracing("bench-echo");
    const places = { concurrency: 1_024 };
    await serve(echo, { echo: async (input) => input }, { servers: [url], ...places });
  },

  async caller(url) {
    await startTracing("bench-caller");
    const mesh = await connect({ name: "bench-caller", servers: [url] });
    const client = mesh.client(echo);
    const input = makePayload();
    return () => client.echo({ ...input });
  },
};
