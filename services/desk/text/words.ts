import type { Term } from "../contracts/term.ts";

// A dot, hyphen or apostrophe inside a word belongs to it: node.js, open-source, doesn't.
const word = /[\p{L}\p{N}]+(?:[.'’_-][\p{L}\p{N}]+)*/gu;
const part = /[\p{L}\p{N}]+/gu;

/** How many words a text has. */
export function countWords(text: string): number {
  return text.match(word)?.length ?? 0;
}

/** The words of a text in lower case, and the parts of compound ones. */
export function wordsOf(text: string): ReadonlySet<string> {
  const lower = text.toLowerCase();
  return new Set([...(lower.match(word) ?? []), ...(lower.match(part) ?? [])]);
}

/** Whether a text with these words mentions the term, in any of its forms. */
export function mentions(words: ReadonlySet<string>, term: Term): boolean {
  return term.forms.some((form) => words.has(form));
}

/** The first words of a text, with an ellipsis where some are left out. */
export function firstWords(text: string, most: number): string {
  let seen = 0;
  for (const match of text.matchAll(word)) {
    seen++;
    if (seen === most && countWords(text) > most)
      return `${text.slice(0, match.index + match[0].length)} …`;
  }
  return text;
}
