import assert from "node:assert/strict";
import { test } from "node:test";
import { maxTextLength } from "../../../services/desk/contracts/limits.ts";
import { prose } from "../../../services/desk/documents/prose.ts";

test("prose keeps paragraphs, lists and quotes, and leaves out code, tables, images and HTML", () => {
  const { title, text } = prose(`[![build](https://ci/x.svg)](https://ci)

# The \`tool\` & **more**

It is *fast*, see [the guide](https://example.org/guide) or https://example.org/long/address today.

- first item
- second, with a <b>tag</b>

> quoted

| a | b |
|---|---|
| 1 | 2 |

\`\`\`js
hidden();
\`\`\`
`);
  assert.equal(title, "The tool & more");
  assert.equal(
    text,
    ["It is fast, see the guide or today.", "first item.", "second, with a tag.", "quoted."].join(
      "\n\n",
    ),
  );
});

test("a heading of a lower level is no title", () => {
  assert.equal(prose("## Installation\n\nText.").title, "");
});

test("a document of nothing but code still gives text", () => {
  assert.equal(prose("```\nrun me\n```").text, "``` run me ```");
});

test("a heading that is one long line gives a title of bounded length", () => {
  assert.equal(prose(`# ${"x".repeat(5_000)}`).title.length, 200);
});

test("prose is never longer than the mesh carries, however many blocks it closes", () => {
  const worst = "a\n\n".repeat(21_845);
  assert.ok(worst.length <= maxTextLength);
  assert.ok(prose(worst).text.length <= maxTextLength);
});
