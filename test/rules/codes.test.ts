import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { codeTable, MeshCode } from "../../libs/errors/index.ts";
import { root, textOf } from "./source.ts";

const document = "ARCHITECTURE.md";

test("every error code has its row in ARCHITECTURE.md, and every row there is a code", () => {
  const rows = existsSync(join(root, document)) ? rowsOf(textOf(document)) : [];
  assert.deepEqual(
    rows,
    expected(),
    `the table below a heading row that begins with "| code |" should be:\n${expected().join("\n")}`,
  );
});

test("every code stands in the table of facts, and every entry there is a code", () => {
  assert.deepEqual(Object.keys(codeTable).sort(), Object.values(MeshCode).sort());
});

test("codes are lower_snake", () => {
  for (const code of Object.values(MeshCode)) assert.match(code, /^[a-z]+(_[a-z]+)*$/);
});

test("the rule is red for a row that is missing, or that is no code", () => {
  const table = (rows: readonly string[]) => ["| code | status |", "|---|---|", ...rows].join("\n");
  assert.notDeepEqual(rowsOf(table(expected().slice(1))), expected());
  assert.notDeepEqual(rowsOf(table([...expected(), "| `made_up` |"])), expected());
  assert.deepEqual(
    rowsOf(`| other |\n|---|\n| \`a\` |\n\n${table(expected())}\n\nmore`),
    expected(),
  );
});

/** The rows below the heading row that begins with `| code |`. */
function rowsOf(markdown: string): string[] {
  const lines = markdown.split("\n");
  const head = lines.findIndex((line) => line.startsWith("| code |"));
  if (head < 0) return [];
  const end = lines.findIndex((line, at) => at > head && !line.startsWith("|"));
  return lines.slice(head + 2, end < 0 ? undefined : end);
}

function expected(): string[] {
  return Object.entries(codeTable).map(
    ([code, { status, retry, meaning }]) => `| \`${code}\` | ${status} | ${retry} | ${meaning} |`,
  );
}
