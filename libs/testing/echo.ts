import { z } from "zod";
import type { Handlers } from "../agent/context.ts";
import { defineAgent, skill } from "../contract/index.ts";

/** An agent for tests that are not about any agent: it says back what it hears. */
export const echo = defineAgent({
  name: "echo",
  version: "1.0.0",
  description: "Says back what it hears.",
  skills: {
    say: skill({
      description: "Answers with the same text.",
      input: z.object({ text: z.string() }),
      output: z.object({ text: z.string() }),
      idempotent: true,
    }),
    spell: skill({
      description: "Streams the text's characters.",
      input: z.object({ text: z.string() }),
      frames: z.string(),
    }),
  },
});

export const echoHandlers: Handlers<typeof echo> = {
  say: ({ text }) => ({ text }),
  spell: async function* ({ text }) {
    yield* text;
  },
};
