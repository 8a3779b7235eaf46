import { setTimeout as pause } from "node:timers/promises";
import { connect, defineAgent, serve, skill } from "@myelin/mesh";
import { z } from "zod";
import { payloadSchema } from "../support/contract.ts";
import { makePayload } from "../support/payload.ts";
import type { StreamSide } from "./side.ts";

const agent = defineAgent({
  name: "bench-stream",
  version: "1.0.0",
  skills: { frames: skill({ input: z.object({ frames: z.int() }), frames: payloadSchema }) },
});

/** A skill that streams, with flow control and every frame checked against the contract. */
export const mesh: StreamSide = {
  async producer(url) {
    const payload = makePayload();
    await serve(
      agent,
      {
        frames: async function* ({ frames }) {
          for (let sent = 0; sent < frames; sent++) yield payload;
        },
      },
      { servers: [url] },
    );
  },

  async reader(url) {
    const mesh = await connect({ name: "bench-reader", servers: [url] });
    const client = mesh.client(agent);
    return async ({ frames, restEvery }) => {
      let read = 0;
      for await (const _frame of client.frames({ frames })) {
        read++;
        if (restEvery > 0 && read % restEvery === 0) await pause(1);
      }
      return read;
    };
  },
};
