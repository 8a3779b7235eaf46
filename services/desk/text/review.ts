import type { Verdict } from "../contracts/reviewer.ts";
import type { Term } from "../contracts/term.ts";
import { countWords, mentions, wordsOf } from "./words.ts";

/** The share of the key terms that a summary has to mention. */
const coverage = 0.5;

/** Judges a summary: it says something, is short enough, and mentions at least half of the key terms. */
export function review(summary: string, terms: readonly Term[], maxWords: number): Verdict {
  const words = wordsOf(summary);
  const missing = terms.filter((term) => !mentions(words, term));
  const length = countWords(summary);
  const reasons: string[] = [];
  if (length === 0) reasons.push("it is empty");
  if (length > maxWords) reasons.push(`it has ${length} words, at most ${maxWords} are allowed`);
  if (terms.length - missing.length < Math.ceil(terms.length * coverage)) {
    reasons.push(`it does not mention ${missing.map((term) => term.term).join(", ")}`);
  }
  if (reasons.length === 0) return { is: "accepted" };
  return { is: "sent_back", reason: reasons.join("; "), missing };
}
