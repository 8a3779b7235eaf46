import { defineAgent, skill } from "@myelin/mesh";
import { z } from "zod";
import { maxSummaryLength, maxTerms, maxTextLength } from "./limits.ts";
import { term } from "./term.ts";

/** Why the last attempt was sent back, and what the next one should do about it. */
const correction = z.object({
  reason: z.string().max(2_000),
  /** What was sent back. */
  previous: z.string().max(maxSummaryLength),
  /** Terms that the summary should mention. */
  mention: z.array(term).max(maxTerms),
});

export type Correction = z.infer<typeof correction>;

export const summarizer = defineAgent({
  name: "summarizer",
  version: "1.0.0",
  description: "Condenses a text to a few sentences.",
  skills: {
    summarize: skill({
      description: "A short summary; asked again with a correction, another one.",
      input: z.object({
        title: z.string().max(1_000).default(""),
        text: z.string().min(1).max(maxTextLength),
        maxWords: z.number().int().min(10).max(500).default(60),
        correction: correction.optional(),
      }),
      output: z.object({
        summary: z.string(),
        /** Which instance wrote it. */
        by: z.string(),
        /** At which attempt: above 1 when an instance died over it. */
        attempt: z.number().int(),
      }),
      idempotent: true,
      // A language model may need this long; the extractive method needs milliseconds.
      deadlineMs: 60_000,
      errors: { model_failed: z.object({ why: z.string() }) },
    }),
  },
});
