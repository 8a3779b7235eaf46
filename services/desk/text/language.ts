import model from "wink-eng-lite-web-model";
import winkNLP, { type ItemToken, type ItsFunction } from "wink-nlp";

/** One sentence of a text. */
export interface Sentence {
  /** Its place in the text, from 0. */
  readonly place: number;
  readonly text: string;
  /** From 0 to 1, the most important of the text. */
  readonly importance: number;
}

/** A noun of a text, as often as it stands there. */
export interface Noun {
  /** Its base form, in lower case. */
  readonly lemma: string;
  /** As it stands in the text. */
  readonly form: string;
}

/** Reads English: sentences with their importance, and nouns. */
export interface Language {
  sentences(text: string): readonly Sentence[];
  nouns(text: string): readonly Noun[];
}

/** Loads the language model: about 150 ms and 50 MB, so only once in a process that needs it. */
export function createLanguage(): Language {
  const nlp = winkNLP(model, ["sbd", "pos"]);
  const { its } = nlp;
  // The package declares it with the parameters of another function.
  const lemma = its.lemma as ItsFunction<string>;
  return {
    sentences(text) {
      const parsed = nlp.readDoc(tame(text));
      const weights = parsed.out(its.sentenceWiseImportance);
      return parsed
        .sentences()
        .out()
        .map((sentence, place) => ({
          place,
          text: release(sentence).trim(),
          importance: typeof weights === "string" ? 0 : (weights[place]?.importance ?? 0),
        }))
        .filter((sentence) => sentence.text !== "");
    },
    nouns(text) {
      const found: Noun[] = [];
      nlp
        .readDoc(tame(text))
        .tokens()
        .each((token: ItemToken) => {
          const kind = token.out(its.pos);
          if ((kind !== "NOUN" && kind !== "PROPN") || token.out(its.stopWordFlag)) return;
          found.push({ lemma: release(token.out(lemma)), form: release(token.out()) });
        });
      return found;
    },
  };
}

// Longer runs are addresses, keys and drawings; the tokenizer takes minutes over some of 60,000 characters.
const longRun = /\S{61,}/g;
const innerDot = /(?<=[\p{L}\p{N}])\.(?=[\p{L}\p{N}])/gu;
const leader = "\u2024";

/** Makes text safe to read: no endless runs, and a dot inside a word ends no sentence. */
function tame(text: string): string {
  return text.replaceAll(longRun, "…").replaceAll(innerDot, leader);
}

function release(text: string): string {
  return text.replaceAll(leader, ".");
}
