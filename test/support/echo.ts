import { defineAgent, skill } from "@myelin/mesh";
import { z } from "zod";

const wait = z.object({ ms: z.number() });
const instance = z.object({ instance: z.string() });

/** An agent that tells which of its instances answered, after as long as it is asked to wait. */
export const echo = defineAgent({
  name: "echo",
  version: "1.0.0",
  skills: {
    who: skill({ input: wait, output: instance, idempotent: true }),
    once: skill({ input: wait, output: instance }),
  },
});

/** The handlers of one instance; `slowerMs` is added to each wait. */
export function echoing(id: () => string, slowerMs = 0) {
  const answer = async ({ ms }: { ms: number }): Promise<{ instance: string }> => {
    if (ms + slowerMs > 0) await new Promise((resolve) => setTimeout(resolve, ms + slowerMs));
    return { instance: id() };
  };
  return { who: answer, once: answer };
}
