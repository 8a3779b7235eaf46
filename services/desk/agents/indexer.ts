import { serve } from "@myelin/mesh";
import { indexer } from "../contracts/indexer.ts";
import { createLanguage } from "../text/language.ts";
import { keyTerms } from "../text/terms.ts";
import type { TakePost } from "./post.ts";
import { turn } from "./turn.ts";

/** Extracts the key terms of a text. */
export const takePost: TakePost = ({ connection }) => {
  const language = createLanguage();
  return serve(
    indexer,
    {
      async terms({ title, text, most }) {
        await turn();
        return { terms: keyTerms(language.nouns(text), title, most) };
      },
    },
    { ...connection, concurrency: 1 },
  );
};
