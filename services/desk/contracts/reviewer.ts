import { defineAgent, skill } from "@myelin/mesh";
import { z } from "zod";
import { maxSummaryLength, maxTerms } from "./limits.ts";
import { term } from "./term.ts";

/** What the reviewer thinks of a summary. */
const verdict = z.discriminatedUnion("is", [
  z.object({ is: z.literal("accepted") }),
  z.object({
    is: z.literal("sent_back"),
    /** For people, and for a model that writes the next one. */
    reason: z.string(),
    /** Key terms that it does not mention. */
    missing: z.array(term),
  }),
]);

export type Verdict = z.infer<typeof verdict>;

export const reviewer = defineAgent({
  name: "reviewer",
  version: "1.0.0",
  description: "Checks that a summary is short and covers the key terms.",
  skills: {
    review: skill({
      description: "Accepts a summary, or sends it back with a reason.",
      input: z.object({
        summary: z.string().max(maxSummaryLength),
        terms: z.array(term).max(maxTerms),
        maxWords: z.number().int().min(1),
      }),
      output: verdict,
      idempotent: true,
    }),
  },
});
