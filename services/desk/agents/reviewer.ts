import { serve } from "@myelin/mesh";
import { reviewer } from "../contracts/reviewer.ts";
import { review } from "../text/review.ts";
import type { TakePost } from "./post.ts";

/** Checks that a summary is short and covers the key terms. */
export const takePost: TakePost = ({ connection }) =>
  serve(
    reviewer,
    { review: ({ summary, terms, maxWords }) => review(summary, terms, maxWords) },
    connection,
  );
