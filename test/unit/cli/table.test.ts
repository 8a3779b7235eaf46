import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, count, cut, duration, palette, table } from "../../../services/cli/table.ts";

interface Row {
  readonly name: string;
  readonly calls: number;
  readonly skills: string;
}

const columns: readonly Column<Row>[] = [
  { title: "NAME", text: ({ name }) => name, paint: () => palette(true).bold },
  { title: "CALLS", text: ({ calls }) => `${calls}`, align: "right" },
  { title: "SKILLS", text: ({ skills }) => skills },
];
const rows: readonly Row[] = [
  { name: "a", calls: 5, skills: "read" },
  { name: "summarizer", calls: 12_345, skills: "summarize, count, translate" },
];

test("columns are aligned, numbers to the right, without spaces at the end", () => {
  const bare = columns.map(({ paint: _, ...column }) => column);
  assert.equal(
    table(rows, bare, { palette: palette(false), width: undefined }),
    [
      "NAME        CALLS  SKILLS",
      "a               5  read",
      "summarizer  12345  summarize, count, translate",
      "",
    ].join("\n"),
  );
});

test("the last column is cut where the line ends", () => {
  const bare = columns.map(({ paint: _, ...column }) => column);
  const text = table(rows, bare, { palette: palette(false), width: 30 });
  for (const line of text.trimEnd().split("\n")) assert.ok(line.length <= 30, line);
  assert.match(text, /summarize,…/);
});

test("colours change no alignment", () => {
  const text = table(rows, columns, { palette: palette(true), width: undefined });
  assert.equal(text.split("\n")[1], "\u001b[1ma\u001b[22m               5  read");
});

test("without colours there is no escape in the text", () => {
  const plain = palette(false);
  for (const paint of Object.values(plain)) assert.equal(paint("a"), "a");
});

test("numbers are told the way people say them", () => {
  assert.equal(duration(0.42), "0.4 ms");
  assert.equal(duration(12.3), "12 ms");
  assert.equal(duration(3_240), "3.2 s");
  assert.equal(duration(30_000), "30 s");
  assert.equal(count(1, "call"), "1 call");
  assert.equal(count(0, "call"), "0 calls");
  assert.equal(cut("abcdef", 4), "abc…");
});
