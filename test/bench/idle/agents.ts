import { defineAgent, serve, skill } from "@myelin/mesh";
import { answering } from "../support/answering.ts";
import { payloadSchema } from "../support/contract.ts";

/** Which agents one process serves. */
export interface Crowd {
  readonly url: string;
  readonly from: number;
  readonly count: number;
}

answering({
  async start({ url, from, count }: Crowd) {
    for (let number = from; number < from + count; number++) {
      const agent = defineAgent({
        name: `bench-idle-${number}`,
        version: "1.0.0",
        skills: { echo: skill({ input: payloadSchema, output: payloadSchema }) },
      });
      await serve(agent, { echo: async (input) => input }, { servers: [url] });
    }
  },
});
