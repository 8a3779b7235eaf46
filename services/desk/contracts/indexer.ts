import { defineAgent, skill } from "@myelin/mesh";
import { z } from "zod";
import { maxTerms, maxTextLength } from "./limits.ts";
import { term } from "./term.ts";

export const indexer = defineAgent({
  name: "indexer",
  version: "1.0.0",
  description: "Extracts the key terms of a text.",
  skills: {
    terms: skill({
      description: "The terms that a text is about, the most important first.",
      input: z.object({
        title: z.string().max(1_000).default(""),
        text: z.string().max(maxTextLength),
        most: z.number().int().min(1).max(maxTerms).default(8),
      }),
      output: z.object({ terms: z.array(term) }),
      idempotent: true,
    }),
  },
});
