import { z } from "zod";

/** A key term of a document, with the forms in which it stands there. */
export const term = z.object({
  /** The form that stands there most often. */
  term: z.string().min(1).max(80),
  /** Lower-case forms; a text that has one of them mentions the term. */
  forms: z.array(z.string().min(1).max(80)).min(1).max(12),
});

export type Term = z.infer<typeof term>;
