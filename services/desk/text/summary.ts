import type { Term } from "../contracts/term.ts";
import type { Sentence } from "./language.ts";
import { countWords, firstWords, mentions, wordsOf } from "./words.ts";

/** What a summary is to be like. */
export interface SummaryOrder {
  readonly maxWords: number;
  /** Terms that it should mention, because the last one did not. */
  readonly mention: readonly Term[];
  /** The summary that was sent back; the next one is another. */
  readonly previous: string | undefined;
}

interface Candidate {
  readonly sentence: Sentence;
  readonly length: number;
  readonly mentioned: ReadonlySet<Term>;
  readonly worth: number;
}

// A sentence of one or two words is a heading or a label.
const fewestWords = 4;
// What a document is about mostly stands in its first sentence.
const worthOfBeingFirst = 0.5;
// One that begins in lower case was mostly cut out of a longer one.
const worthOfFragment = -0.3;

/** Condenses a text to its most important sentences, in their own order. */
export function condense(sentences: readonly Sentence[], order: SummaryOrder): string {
  const candidates = judge(sentences, order);
  const first = join(choose(candidates, order));
  if (first !== order.previous) return first;
  // Nothing better was found: leave out what led the summary that was sent back.
  const others = candidates.filter(({ sentence }) => !first.startsWith(sentence.text));
  const second = join(choose(others, order));
  return second === "" ? first : second;
}

function judge(sentences: readonly Sentence[], order: SummaryOrder): readonly Candidate[] {
  const candidates = sentences.map((sentence) => {
    const words = wordsOf(sentence.text);
    const length = countWords(sentence.text);
    return {
      sentence,
      length,
      mentioned: new Set(order.mention.filter((term) => mentions(words, term))),
      // The importance grows with the length; its root keeps short sentences in.
      worth: sentence.importance / Math.sqrt(Math.max(1, length)) + bonus(sentence),
    };
  });
  // A term that is asked for may stand in a label only.
  const good = candidates.filter((one) => isWhole(one.sentence) || one.mentioned.size > 0);
  return good.length === 0 ? candidates : good;
}

function bonus({ place, text }: Sentence): number {
  if (place === 0) return worthOfBeingFirst;
  return /^\p{Ll}/u.test(text) ? worthOfFragment : 0;
}

function isWhole({ text }: Sentence): boolean {
  // A row of links is no sentence.
  const separators = text.match(/[|·•]/g)?.length ?? 0;
  return countWords(text) >= fewestWords && separators < 3 && !text.endsWith(":");
}

/** Takes the best of what fits, again and again: new terms count first, then worth. */
function choose(candidates: readonly Candidate[], order: SummaryOrder): readonly Candidate[] {
  const chosen: Candidate[] = [];
  const mentioned = new Set<Term>();
  let left = [...candidates];
  let room = order.maxWords;
  while (left.length > 0) {
    left = left.filter((candidate) => candidate.length <= room);
    const best = left.reduce<Candidate | undefined>(
      (one, other) => (one === undefined || beats(other, one, mentioned) ? other : one),
      undefined,
    );
    if (best === undefined) break;
    chosen.push(best);
    for (const term of best.mentioned) mentioned.add(term);
    room -= best.length;
    // A sentence that is there twice is told once.
    left = left.filter((candidate) => candidate.sentence.text !== best.sentence.text);
  }
  return chosen.length > 0 ? chosen : shortened(candidates, order.maxWords);
}

function beats(one: Candidate, other: Candidate, mentioned: ReadonlySet<Term>): boolean {
  const terms = countNew(one, mentioned) - countNew(other, mentioned);
  return terms === 0 ? one.worth > other.worth : terms > 0;
}

function countNew(candidate: Candidate, mentioned: ReadonlySet<Term>): number {
  let count = 0;
  for (const term of candidate.mentioned) if (!mentioned.has(term)) count++;
  return count;
}

/** The beginning of the first sentence, when every sentence is too long. */
function shortened(candidates: readonly Candidate[], maxWords: number): readonly Candidate[] {
  const first = candidates[0];
  if (first === undefined) return [];
  const text = firstWords(first.sentence.text, maxWords);
  return [{ ...first, sentence: { ...first.sentence, text } }];
}

function join(chosen: readonly Candidate[]): string {
  return [...chosen]
    .sort((one, other) => one.sentence.place - other.sentence.place)
    .map(({ sentence }) => sentence.text)
    .join(" ");
}
