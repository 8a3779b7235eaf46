import { isMeshError, serve } from "@myelin/mesh";
import { summarizer } from "../contracts/summarizer.ts";
import { askModel } from "../model/chat.ts";
import { type Assignment, summaryPrompt } from "../model/prompt.ts";
import { createLanguage } from "../text/language.ts";
import { condense } from "../text/summary.ts";
import type { Post, TakePost } from "./post.ts";
import { turn } from "./turn.ts";

/** Condenses a text: a language model where one is configured, the extractive method otherwise. */
export const takePost: TakePost = (post) => {
  const write = writer(post);
  // A model's server does the work elsewhere, so several may wait for it.
  const concurrency = post.chat === undefined ? 1 : 4;
  return serve(
    summarizer,
    {
      async summarize({ title, text, maxWords, correction }, ctx) {
        try {
          const summary = await write({ title, text, maxWords, correction }, () => ctx.signal);
          return { summary, by: post.label, attempt: ctx.attempt };
        } catch (error) {
          // Whoever gave up is told so by the mesh; what the model's server does wrong is ours to tell.
          if (ctx.signal.aborted || !isMeshError(error)) throw error;
          return ctx.fail("model_failed", { why: error.message });
        }
      },
    },
    { ...post.connection, concurrency, tasks: { ...post.tasks, concurrency } },
  );
};

type Write = (assignment: Assignment, signal: () => AbortSignal) => Promise<string>;

function writer({ chat }: Post): Write {
  if (chat !== undefined) {
    return (assignment, signal) => askModel(chat, summaryPrompt(assignment), signal());
  }
  const language = createLanguage();
  return async ({ text, maxWords, correction }) => {
    await turn();
    return condense(language.sentences(text), {
      maxWords,
      mention: correction?.mention ?? [],
      previous: correction?.previous,
    });
  };
}
