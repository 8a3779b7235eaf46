import type { Term } from "../contracts/term.ts";
import type { Noun } from "./language.ts";
import { wordsOf } from "./words.ts";

interface Tally {
  count: number;
  readonly forms: Map<string, number>;
}

const mostForms = 12;
const longestForm = 80;
// A word, with a letter in it: `node.js` is one, `8080` and `a` are none.
const wordLike = /^(?=.*\p{L})[\p{L}\p{N}][\p{L}\p{N}.]*[\p{L}\p{N}]$/u;
// What stands in the title counts like this many times in the text.
const worthOfTitle = 3;

/** The nouns that a text uses most, the title's before others. */
export function keyTerms(nouns: readonly Noun[], title: string, most: number): Term[] {
  const tallies = new Map<string, Tally>();
  for (const { lemma, form } of nouns) {
    const lower = form.toLowerCase();
    if (lower.length > longestForm || lower.length < 3 || !wordLike.test(lower)) continue;
    const tally = tallies.get(lemma) ?? { count: 0, forms: new Map() };
    tallies.set(lemma, tally);
    tally.count++;
    tally.forms.set(lower, (tally.forms.get(lower) ?? 0) + 1);
  }
  const titleWords = wordsOf(title);
  const ranked = [...tallies.values()].map((tally) => ({
    forms: byCount(tally.forms).slice(0, mostForms),
    rank: tally.count + ([...tally.forms.keys()].some((f) => titleWords.has(f)) ? worthOfTitle : 0),
  }));
  return ranked
    .sort((one, other) => other.rank - one.rank)
    .slice(0, most)
    .flatMap(({ forms: [first, ...others] }) =>
      first === undefined ? [] : [{ term: first, forms: [first, ...others] }],
    );
}

function byCount(forms: ReadonlyMap<string, number>): string[] {
  return [...forms].sort((one, other) => other[1] - one[1]).map(([form]) => form);
}
