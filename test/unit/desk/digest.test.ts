import assert from "node:assert/strict";
import { test } from "node:test";
import { lexer, type Token } from "marked";
import { type Digest, indexOf, type Piece } from "../../../services/desk/digest/digest.ts";
import { toHtml } from "../../../services/desk/digest/html.ts";
import { toMarkdown } from "../../../services/desk/digest/markdown.ts";
import { referenceFrom } from "../../../services/desk/digest/reference.ts";

const hostile =
  "# <script>alert(1)</script> [x](javascript:alert(1)) ![i](http://evil/i.png) \"'`code` **b** <img src=x onerror=alert(1)> &lt; --- \u0000\u001b[31m";

const piece = (parts: Partial<Piece> = {}): Piece => ({
  path: "docs/a.md",
  title: "A",
  summary: "About a.",
  terms: [],
  cut: false,
  remark: undefined,
  ...parts,
});

const digest = (parts: Partial<Digest> = {}): Digest => ({
  madeAt: new Date(0),
  pieces: [],
  lost: [],
  skipped: [],
  reference: (path) => `./${path}`,
  ...parts,
});

const worst = digest({
  pieces: [
    piece({
      path: hostile,
      title: hostile,
      summary: hostile,
      terms: [{ term: hostile, forms: [hostile] }],
      remark: hostile,
    }),
    piece({ terms: [{ term: hostile, forms: [hostile] }] }),
  ],
  lost: [{ path: hostile, why: hostile }],
  skipped: [{ path: hostile, why: hostile }],
  reference: referenceFrom("/out", "/base"),
});

test("the page has no tag, attribute or script that a document wrote", () => {
  const tags = new Set((toHtml(worst).match(/<\/?[a-z][a-z0-9]*/gi) ?? []).map((tag) => tag));
  for (const tag of ["<script", "<img", "</script"]) assert.ok(!tags.has(tag), tag);
  assert.ok(!/<[^>]*\bonerror=[^>]*>/.test(toHtml(worst).replaceAll("&lt;", "")));
  assert.ok(!/href="(?!#|\.\.?\/)/.test(toHtml(worst)));
});

test("the page allows no scripts and loads nothing", () => {
  assert.match(toHtml(worst), /Content-Security-Policy" content="default-src 'none'/);
  assert.ok(!/\bsrc=/.test(toHtml(digest({ pieces: [piece()] }))));
});

test("in Markdown what documents say is text alone: no HTML, links, images or code of theirs", () => {
  const kinds = new Set<string>();
  const links: string[] = [];
  const visit = (tokens: readonly Token[]): void => {
    for (const token of tokens) {
      // The anchors that the index leads to are ours.
      if (token.type === "html" && /^<\/?a( id="document-\d+")?>$/.test(token.raw.trim())) continue;
      kinds.add(token.type);
      if (token.type === "link") links.push(token.href as string);
      if ("tokens" in token && token.tokens) visit(token.tokens);
      if (token.type === "list") for (const item of token.items) visit(item.tokens ?? []);
    }
  };
  visit(lexer(toMarkdown(worst)));
  for (const kind of ["html", "image", "codespan", "strong", "code", "hr", "table"]) {
    assert.ok(!kinds.has(kind), `${kind} in ${toMarkdown(worst)}`);
  }
  assert.ok(links.length > 0);
  for (const link of links) assert.match(link, /^(#document-\d+|\.\.?\/.*)$/);
});

test("a summary that begins like a list, a heading or a rule stays a paragraph", () => {
  for (const summary of ["- item", "1. item", "# head", "+ plus", "=== under", "> quote", "7) x"]) {
    const written = toMarkdown(digest({ pieces: [piece({ summary })] }));
    const kinds = lexer(written).map((token) => token.type);
    assert.ok(!kinds.includes("list") && !kinds.includes("blockquote"), `${summary}: ${kinds}`);
    assert.equal(kinds.filter((kind) => kind === "heading").length, 2, summary);
  }
});

test("a reference leads from the digest to the document, whatever its name is", () => {
  const reference = referenceFrom("/desk/out", "/desk");
  assert.equal(reference("docs/a b#1?.md"), "../docs/a%20b%231%3F.md");
  assert.equal(referenceFrom("/desk", "/desk")("javascript:x"), "./javascript%3Ax");
});

test("the index has the terms that documents share, with their places", () => {
  const of = (term: string) => ({ term, forms: [term] });
  const pieces = [
    piece({ terms: [of("queue"), of("alone")] }),
    piece({ terms: [of("broker")] }),
    piece({ terms: [of("queue"), of("broker")] }),
  ];
  assert.deepEqual(indexOf(pieces), [
    { term: "broker", places: [1, 2] },
    { term: "queue", places: [0, 2] },
  ]);
});

test("both formats tell what was cut, remarked, lost and skipped", () => {
  const all = digest({
    pieces: [piece({ cut: true, remark: "it does not mention x" })],
    lost: [{ path: "b.md", why: "gone" }],
    skipped: [{ path: "c.md", why: "binary" }],
  });
  for (const written of [toHtml(all), toMarkdown(all)]) {
    for (const part of ["only its beginning was read", "does not mention x", "gone", "binary"]) {
      assert.ok(written.includes(part), part);
    }
    assert.match(written, /1 document summarised on Thu, 01 Jan 1970 00:00:00 GMT, 1 lost, 1 file/);
  }
});

test("nothing in a digest steers the terminal or turns the direction of reading", () => {
  const summary = "a\u001b]0;title\u0007b\u202ec\nd";
  const turned = digest({ pieces: [piece({ summary, title: summary })] });
  for (const written of [toHtml(turned), toMarkdown(turned)]) {
    assert.ok(written.includes("]0;titlebc d"), written);
    for (const sign of ["\u001b", "\u0007", "\u202e"]) assert.ok(!written.includes(sign));
  }
});
