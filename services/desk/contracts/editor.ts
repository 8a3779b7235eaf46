import { defineAgent, skill } from "@myelin/mesh";
import { z } from "zod";
import { maxPathLength } from "./limits.ts";
import { term } from "./term.ts";

/** How what was asked of one agent went, seen by who asked: times in milliseconds. */
const figure = z.object({
  agent: z.string(),
  /** Whether it was called, or given tasks. */
  as: z.enum(["call", "task"]),
  calls: z.number(),
  errors: z.number(),
  retries: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
});

export type Figure = z.infer<typeof figure>;

/** One task of the summarizer that is done, as its submitter saw it. */
const summaryTask = z.object({
  by: z.string(),
  /** Above 1 when an instance died over it, or gave it back. */
  attempt: z.number(),
  /** Time of day, in milliseconds since 1970. */
  startedAtMs: z.number(),
  tookMs: z.number(),
});

export type SummaryTask = z.infer<typeof summaryTask>;

const file = z.object({ path: z.string(), why: z.string() });

/** How far the editor is: all of it each time, since one that is told while the broker is away is lost. */
export const progress = z.object({
  documents: z.number(),
  /** Documents of which it is known what became of them. */
  done: z.number(),
  /** Summaries that the reviewer sent back. */
  sentBack: z.number(),
  lost: z.number(),
});

export type Progress = z.infer<typeof progress>;

/** What became of the whole. */
const digested = z.object({
  documents: z.number(),
  summarised: z.number(),
  /** Whether documents beyond the limit were left out. */
  beyondLimit: z.boolean(),
  skipped: z.number(),
  /** Documents of which only the beginning was read. */
  cut: z.number(),
  sentBack: z.number(),
  /** Documents whose last summary the reviewer still had a remark on. */
  remarked: z.number(),
  /** The first of them. */
  losses: z.array(file),
  /** Summaries that took more than one attempt; the first of them. */
  repeated: z.array(summaryTask),
  /** What a summary takes that needs one attempt, in milliseconds: the middle one. */
  usualMs: z.number(),
  markdown: z.string(),
  html: z.string(),
  figures: z.array(figure),
});

export type Digested = z.infer<typeof digested>;

/** What became of one document: it has its summary, or there is none and why. */
const outcome = z.discriminatedUnion("is", [
  z.object({
    is: z.literal("edited"),
    piece: z.object({
      path: z.string(),
      title: z.string(),
      summary: z.string(),
      terms: z.array(term),
      cut: z.boolean(),
      /** What the reviewer still missed in the last summary. */
      remark: z.string().optional(),
    }),
    /** One for each time that a summary was asked for; the last one was taken. */
    tasks: z.array(summaryTask),
  }),
  z.object({ is: z.literal("lost"), path: z.string(), why: z.string() }),
]);

export type Outcome = z.infer<typeof outcome>;

/** The answer to one task of editing. */
const edited = z.object({
  outcome,
  /** At which attempt: above 1 when an instance died over it, or somebody whom it asked was away. */
  attempt: z.number().int(),
});

export type Edited = z.infer<typeof edited>;

/** Longest summary. */
const maxWords = z.number().int().min(10).max(500).default(60);

/** Names what belongs together: tasks that an earlier desk left behind are not done for this one. */
const run = z.string().regex(/^[0-9a-f]{16}$/);

const errors = { other_run: z.object({ run: z.string() }) };

export const editor = defineAgent({
  name: "editor",
  version: "2.0.0",
  description: "Has every document summarised and reviewed, and writes one digest.",
  skills: {
    digest: skill({
      description: "Writes the digest; as a task it tells how far it is.",
      input: z.object({
        run: run.optional(),
        maxWords,
        /** Most documents; those beyond are left out. */
        limit: z.number().int().min(1).max(10_000).default(1_000),
      }),
      output: digested,
      deadlineMs: 600_000,
      errors: {
        ...errors,
        no_documents: z.object({ skipped: z.number(), examples: z.array(file) }),
      },
    }),
    edit: skill({
      description: "Has one document summarised and reviewed.",
      input: z.object({ run, path: z.string().min(1).max(maxPathLength), maxWords }),
      output: edited,
      idempotent: true,
      deadlineMs: 120_000,
      errors,
    }),
  },
});
