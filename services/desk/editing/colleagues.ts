import { type Context, MeshCode, MeshError } from "@myelin/mesh";
import { indexer } from "../contracts/indexer.ts";
import { librarian } from "../contracts/librarian.ts";
import { reviewer } from "../contracts/reviewer.ts";
import { summarizer } from "../contracts/summarizer.ts";
import type { Colleagues } from "./edit.ts";
import { hasEnded, summaryTask } from "./tasks.ts";

/** For which run, and how long a summary may be. */
export interface Assignment {
  readonly run: string;
  readonly maxWords: number;
}

/** Those whom the editor asks: three by calls, since each answer is quick and can be had again, one by tasks. */
export function colleagues(ctx: Context, { run, maxWords }: Assignment): Colleagues {
  const asked = {
    librarian: ctx.client(librarian),
    indexer: ctx.client(indexer),
    reviewer: ctx.client(reviewer),
    summarizer: ctx.client(summarizer),
  };
  return {
    read: (path) => asked.librarian.read({ path }),
    terms: async ({ title, text }) => (await asked.indexer.terms({ title, text })).terms,
    review: (summary, terms) => asked.reviewer.review({ summary, terms: [...terms], maxWords }),
    async summarize({ path, title, text }, correction, round) {
      const task = await asked.summarizer.summarize.submit(
        { title, text, maxWords, correction },
        { id: summaryTask(run, path, round) },
      );
      try {
        return await task.result({ signal: ctx.signal });
      } catch (error) {
        if (!hasEnded(await task.status())) throw error;
        throw failed(MeshError.from(error));
      }
    },
  };
}

/** A task that failed for good has no other result, however often it is asked for: that is an answer. */
function failed(error: MeshError): MeshError {
  if (error.code === MeshCode.DomainError) return error;
  const domain = { name: "failed", data: { why: error.message } };
  return new MeshError(MeshCode.DomainError, error.message, { domain, cause: error });
}
