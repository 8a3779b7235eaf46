import assert from "node:assert/strict";
import { test } from "node:test";
import { createLanguage } from "../../../services/desk/text/language.ts";
import { review } from "../../../services/desk/text/review.ts";
import { condense } from "../../../services/desk/text/summary.ts";
import { keyTerms } from "../../../services/desk/text/terms.ts";
import { countWords, firstWords } from "../../../services/desk/text/words.ts";

const language = createLanguage();

const article = `A broker carries messages between programs that need not know each other.
Every program connects to the broker once and names the subjects it listens to.
The broker then copies each message to everybody who listens to its subject.
Queue groups share the work among several instances of one program.
When an instance dies, the queue group sends its messages to the others.
Security is kept by credentials that name which subjects a program may use.
The weather was fine that day.`;

const term = (...forms: readonly [string, ...string[]]) => ({ term: forms[0], forms: [...forms] });

test("a dot inside a word ends no sentence", () => {
  const found = language.sentences("It runs on Node.js v20.1 today. It calls foo.bar() as well.");
  assert.deepEqual(
    found.map((sentence) => sentence.text),
    ["It runs on Node.js v20.1 today.", "It calls foo.bar() as well."],
  );
});

for (const [name, piece] of [
  ["letters", "x"],
  ["addresses", "https://a.b/?"],
  ["dots", "a.b"],
  ["brackets", "(("],
] as const) {
  test(`a run of ${name} as long as a document is read at once`, { timeout: 10_000 }, () => {
    const hostile = piece.repeat(65_000 / piece.length);
    assert.ok(language.sentences(`Before. ${hostile} After.`).length > 0);
    assert.ok(language.nouns(`Before. ${hostile} After.`).length < 10);
  });
}

test("key terms are nouns in the order of their use, with the forms in which they stand there", () => {
  const text = "Some brokers carry messages. The broker sends a message to other brokers.";
  const terms = keyTerms(language.nouns(text), "", 2);
  assert.deepEqual(terms, [
    { term: "brokers", forms: ["brokers", "broker"] },
    { term: "messages", forms: ["messages", "message"] },
  ]);
});

test("a term of the title comes before one that is used as often", () => {
  const nouns = language.nouns("The apple fell. The pear fell. The plum fell.");
  assert.equal(keyTerms(nouns, "Pears: the pear", 1)[0]?.term, "pear");
});

test("a summary is made of whole sentences of the text, in their order and within its length", () => {
  const sentences = language.sentences(article);
  const summary = condense(sentences, { maxWords: 30, mention: [], previous: undefined });
  const places = sentences.filter(({ text }) => summary.includes(text)).map(({ text }) => text);
  assert.equal(summary, places.join(" "));
  assert.ok(places.length >= 2);
  assert.ok(countWords(summary) <= 30);
});

test("a summary that is sent back comes back with the terms that it lacked", () => {
  const sentences = language.sentences(article);
  const terms = [term("credentials"), term("security"), term("weather")];
  const first = condense(sentences, { maxWords: 25, mention: [], previous: undefined });
  const verdict = review(first, terms, 25);
  assert.equal(verdict.is, "sent_back");
  const mention = verdict.is === "sent_back" ? verdict.missing : [];
  const second = condense(sentences, { maxWords: 25, mention, previous: first });
  assert.notEqual(second, first);
  assert.deepEqual(review(second, terms, 25), { is: "accepted" });
});

test("a summary that is sent back is another one even when no sentence has the terms", () => {
  const sentences = language.sentences(article);
  const order = { maxWords: 25, mention: [term("submarine")], previous: undefined };
  const first = condense(sentences, order);
  const second = condense(sentences, { ...order, previous: first });
  assert.notEqual(second, first);
  assert.notEqual(second, "");
});

test("a text of one endless sentence gives its beginning", () => {
  const text = `${"word ".repeat(400)}end.`;
  const summary = condense(language.sentences(text), {
    maxWords: 10,
    mention: [],
    previous: undefined,
  });
  assert.equal(summary, `${"word ".repeat(10).trim()} …`);
});

test("the reviewer accepts what is short and mentions half of the terms, in any form", () => {
  const terms = [term("broker", "brokers"), term("queue"), term("message"), term("subject")];
  assert.deepEqual(review("Brokers queue.", terms, 5), { is: "accepted" });
});

test("the reviewer says everything that is wrong at once", () => {
  const verdict = review("one two three four", [term("broker"), term("queue")], 3);
  assert.deepEqual(verdict, {
    is: "sent_back",
    reason: "it has 4 words, at most 3 are allowed; it does not mention broker, queue",
    missing: [term("broker"), term("queue")],
  });
});

test("the reviewer sends an empty summary back even when no terms are known", () => {
  assert.deepEqual(review("…", [], 10), { is: "sent_back", reason: "it is empty", missing: [] });
});

test("words are counted as people do: node.js and open-source are one each", () => {
  assert.equal(countWords("Open-source node.js doesn't – really – cost 1,000 €."), 7);
  assert.equal(firstWords("one two three", 3), "one two three");
  assert.equal(firstWords("one two, three", 2), "one two …");
});
