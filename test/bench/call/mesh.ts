import { connect, serve } from "@myelin/mesh";
import { meshLogin } from "../support/login.ts";
import { makePayload } from "../support/payload.ts";
import { echo } from "./contract.ts";
import { names } from "./names.ts";
import type { CallSide } from "./side.ts";
import { startTracing } from "./tracing.ts";

/** The mesh with everything on. Only the places of the one instance are as many as there are calls in flight. */
export const mesh: CallSide = {
  async agent({ url, login }) {
    await startTracing(echo.name);
    const places = { concurrency: 1_024 };
    const options = { servers: [url], ...meshLogin(login), ...places };
    await serve(echo, { echo: async (input) => input }, options);
  },

  async caller({ url, login }) {
    await startTracing(names.mesh.caller);
    const mesh = await connect({ name: names.mesh.caller, servers: [url], ...meshLogin(login) });
    const client = mesh.client(echo);
    const input = makePayload();
    return () => client.echo({ ...input });
  },
};
