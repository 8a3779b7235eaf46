import { defineAgent, skill } from "@myelin/mesh";
import { z } from "zod";
import { maxPathLength, maxTextLength } from "./limits.ts";

const path = z.string().min(1).max(maxPathLength);

/** One thing that was found: a document, or a file that is not read and why. */
const finding = z.discriminatedUnion("is", [
  z.object({ is: z.literal("document"), path, bytes: z.number().int() }),
  z.object({ is: z.literal("skipped"), path, why: z.string() }),
]);

export type Finding = z.infer<typeof finding>;

/** A document as text: no markup, code or tables. */
const document = z.object({
  path,
  title: z.string(),
  text: z.string().max(maxTextLength),
  bytes: z.number().int(),
  /** Whether it was too long, and only its beginning is here. */
  cut: z.boolean(),
});

export type Document = z.infer<typeof document>;

export const librarian = defineAgent({
  name: "librarian",
  version: "1.0.0",
  description: "Finds documents and reads them.",
  skills: {
    list: skill({
      description: "Every document on the desk, one frame each, and every file that is skipped.",
      input: z.object({}),
      frames: finding,
      idempotent: true,
    }),
    read: skill({
      description: "Title and text of one document that list named.",
      input: z.object({ path }),
      output: document,
      idempotent: true,
      errors: { unreadable: z.object({ path: z.string(), why: z.string() }) },
    }),
  },
});
