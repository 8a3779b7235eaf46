import assert from "node:assert/strict";
import { test } from "node:test";
import { type Breach, type Source, shown, sourcesIn } from "./source.ts";
import {
  judgeComments,
  judgeErrors,
  judgeLength,
  judgeSkipped,
  judgeSurroundings,
  judgeThrows,
} from "./style.ts";

const ours = sourcesIn("libs", "subjects", "services");
const tests = sourcesIn("test");

test("no file of libs, subjects and services is over 250 lines", () => {
  assert.equal(shown(judgeLength(ours, 250)), "");
});

test("no file of test is over 300 lines", () => {
  assert.equal(shown(judgeLength(tests, 300)), "");
});

test("libs and services throw no error but MeshError", () => {
  assert.equal(shown(judgeErrors(sourcesIn("libs", "services"))), "");
});

test("subjects throws nothing", () => {
  assert.equal(shown(judgeThrows(sourcesIn("subjects"))), "");
});

test("the library leaves console, environment, signals and exit to programs", () => {
  const doors = /^libs\/(program|testing)(\/|\.ts)/;
  const inside = sourcesIn("libs").filter(({ path }) => !doors.test(path));
  assert.equal(shown(judgeSurroundings(inside)), "");
});

test("no comment switches a check off without a reason, none an import rule, and no TODO is untracked", () => {
  assert.equal(shown(judgeComments([...ours, ...tests])), "");
});

test("every test runs", () => {
  assert.equal(shown(judgeSkipped(tests)), "");
});

test("the rule of lengths is red one line over", () => {
  assert.deepEqual(judgeLength([source("a\n".repeat(250))], 250), []);
  assert.equal(judgeLength([source("a\n".repeat(251))], 250).length, 1);
});

test("the rule of errors is red for every foreign class", () => {
  assert.deepEqual(what(judgeErrors([source('throw new Error("a"); reject(new TypeError());')])), [
    "new Error: throw a MeshError with a code",
    "new TypeError: throw a MeshError with a code",
  ]);
  assert.deepEqual(judgeErrors([source("throw new MeshError(code, text);")]), []);
});

test("the rule of subjects is red for a throw", () => {
  assert.equal(judgeThrows([source("throw why;")]).length, 1);
});

test("the rule of surroundings is red for what belongs to programs", () => {
  const text = 'console.log(process.env.A); process.exit(1); process.on("SIGTERM", stop);';
  assert.deepEqual(what(judgeSurroundings([source(text)])), [
    "writes to the console",
    "uses process.env",
    "uses process.exit",
    "uses process.on",
  ]);
  assert.deepEqual(judgeSurroundings([source("// process.env\nthis.process.env; console;")]), []);
});

test("the rule of comments is red for what hides a problem", () => {
  const reds = [
    "// TODO later",
    "/* FIXME */",
    "// @ts-ignore",
    "// biome-ignore-all lint: a long enough reason",
    "// biome-ignore lint/style/useConst:",
    "// biome-ignore lint/style/useConst: short",
    "// biome-ignore lint/style/noRestrictedImports: because it is needed here",
  ];
  for (const text of reds) assert.equal(judgeComments([source(text)]).length, 1, text);
  const greens = [
    "// TODO #12 later",
    "// biome-ignore lint/style/useConst: the reason is given here",
    'const text = "TODO";',
  ];
  for (const text of greens) assert.deepEqual(judgeComments([source(text)]), [], text);
});

test("the rule of tests is red for each way not to run one", () => {
  const reds = [
    'test.skip("a", run);',
    'test.only("a", run);',
    'describe.todo("a");',
    't.skip("why");',
    'test("a", { skip: true }, run);',
    'test("a", { timeout: 1, only: true }, run);',
  ];
  for (const text of reds) assert.equal(judgeSkipped([source(text)]).length, 1, text);
  assert.deepEqual(judgeSkipped([source("lines.skip(1); const only = todo;")]), []);
});

function source(text: string): Source {
  return { path: "libs/call/a.ts", text };
}

function what(breaches: readonly Breach[]): string[] {
  return breaches.map((breach) => breach.what);
}
