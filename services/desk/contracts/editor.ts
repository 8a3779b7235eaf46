import { defineAgent, skill } from "@myelin/mesh";
import { z } from "zod";

/** How calls to one agent went, seen by who called: times in milliseconds. */
export const figure = z.object({
  agent: z.string(),
  calls: z.number(),
  errors: z.number(),
  retries: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
});

export type Figure = z.infer<typeof figure>;

/** One call to the summarizer that was answered. */
export const summaryCall = z.object({
  by: z.string(),
  attempt: z.number(),
  /** Time of day, in milliseconds since 1970. */
  startedAtMs: z.number(),
  tookMs: z.number(),
});

export type SummaryCall = z.infer<typeof summaryCall>;

const file = z.object({ path: z.string(), why: z.string() });

/** What the editor tells while it works. */
export const progress = z.discriminatedUnion("is", [
  z.object({
    is: z.literal("found"),
    documents: z.number(),
    /** Those beyond the limit of the call, of which it knows. */
    beyondLimit: z.boolean(),
    skipped: z.number(),
    /** The first of them. */
    examples: z.array(file),
  }),
  z.object({
    is: z.literal("edited"),
    path: z.string(),
    /** Whether the document was too long, and only its beginning was read. */
    cut: z.boolean(),
    /** What the reviewer still missed in the last summary. */
    remark: z.string().optional(),
    /** One for each time that a summary was asked for. */
    calls: z.array(summaryCall),
  }),
  z.object({ is: z.literal("lost"), path: z.string(), why: z.string() }),
  z.object({
    is: z.literal("written"),
    markdown: z.string(),
    html: z.string(),
    figures: z.array(figure),
  }),
]);

export type Progress = z.infer<typeof progress>;

export const editor = defineAgent({
  name: "editor",
  version: "1.0.0",
  description: "Has every document summarised and reviewed, and writes one digest.",
  skills: {
    digest: skill({
      description: "Writes the digest; tells of each document as it is done.",
      input: z.object({
        /** Longest summary. */
        maxWords: z.number().int().min(10).max(500).default(60),
        /** Most documents; those beyond are left out. */
        limit: z.number().int().min(1).max(10_000).default(1_000),
      }),
      frames: progress,
      // Nothing is told while the library is read for the first time, or while a slow model thinks.
      deadlineMs: 60_000,
      idleMs: 120_000,
      errors: { no_documents: z.object({ skipped: z.number(), examples: z.array(file) }) },
    }),
  },
});
