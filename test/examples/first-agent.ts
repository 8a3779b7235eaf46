import { connect, defineAgent, locate, serve, skill } from "@myelin/mesh";
import { z } from "zod";

// The contract: data that both sides import.
const greeter = defineAgent({
  name: "greeter",
  version: "1.0.0",
  skills: {
    greet: skill({
      description: "Greets somebody by name",
      input: z.object({ name: z.string().min(1) }),
      output: z.object({ text: z.string() }),
      idempotent: true,
    }),
    countdown: skill({ input: z.object({ from: z.number().int().max(100) }), frames: z.number() }),
  },
});

// The agent. Start as many of these as you like: callers spread over them.
const mesh = locate(process.env);
const agent = await serve(
  greeter,
  {
    greet: ({ name }) => ({ text: `Hello ${name}` }),
    countdown: async function* ({ from }) {
      for (let n = from; n > 0; n--) yield n;
    },
  },
  mesh,
);

// A caller, typed from the contract.
const me = await connect({ ...mesh, name: "me" });
const { greet, countdown } = me.client(greeter);
console.log((await greet({ name: "Ada" })).text);
for await (const n of countdown({ from: 3 })) console.log(n);

await me.close();
await agent.drain();
