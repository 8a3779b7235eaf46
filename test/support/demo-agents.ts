import { type ConnectOptions, defineAgent, serve, skill } from "@myelin/mesh";
import { z } from "zod";

/** An agent with a skill of each kind, for tests of tools. */
export const scribe = defineAgent({
  name: "scribe",
  version: "1.2.0",
  description: "Writes things down",
  skills: {
    shout: skill({
      description: "Says it louder",
      input: z.object({ text: z.string(), times: z.int().min(1).optional() }),
      output: z.object({ text: z.string() }),
      idempotent: true,
      deadlineMs: 5_000,
      errors: { too_quiet: z.object({ letters: z.number() }) },
    }),
    spell: skill({ input: z.object({ text: z.string() }), frames: z.string() }),
    wait: skill({ input: z.object({}), output: z.null() }),
    fall: skill({ input: z.object({}), output: z.null() }),
  },
});

/** Hears what the handler of `wait` lives through. */
export interface Watcher {
  onWaiting(): void;
  onAborted(): void;
}

/** Serves one instance of the scribe. */
export function serveScribe(access: Omit<ConnectOptions, "name">, watcher?: Watcher) {
  return serve(
    scribe,
    {
      shout: async ({ text, times = 1 }, ctx) => {
        if (text === "") ctx.fail("too_quiet", { letters: 0 });
        return { text: `${text.toUpperCase()}!`.repeat(times) };
      },
      spell: async function* ({ text }) {
        for (const letter of text) yield letter;
      },
      wait: (_input, ctx) =>
        new Promise((_resolve, reject) => {
          watcher?.onWaiting();
          ctx.signal.addEventListener("abort", () => {
            watcher?.onAborted();
            reject(ctx.signal.reason);
          });
        }),
      fall: async () => {
        throw new TypeError("a secret of the scribe");
      },
    },
    access,
  );
}
