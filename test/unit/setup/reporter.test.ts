import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { emptyMachine } from "./machine.ts";

const reporter = new URL("../../../setup/reporter.mjs", import.meta.url).href;

test("tests that failed are named again before the counts, with what failed", async () => {
  const lines = await report(`
    test("holds", () => {});
    test("is meant to hold one day", { todo: true }, () => { throw new Error("not yet"); });
    test("does not hold", () => { throw new Error("the first line\\nthe second"); });
  `);
  const from = lines.indexOf("# failed: a.test.mjs: does not hold");
  assert.ok(from > lines.indexOf("1..3"), lines.join("\n"));
  assert.deepEqual(lines.slice(from + 1, from + 3), [
    "#   Error: the first line",
    "#   the second",
  ]);
  const counts = lines.indexOf("# tests 3");
  assert.ok(counts > from && counts - from < 14, lines.join("\n"));
  assert.ok(lines.includes("# fail 1"));
  assert.equal(lines.filter((line) => line.startsWith("# failed:")).length, 1);
});

test("whatever a test fails with is told", async () => {
  const lines = await report(`
    test("throws what is no error", () => { throw Object.assign(Object.create(null), { odd: 7 }); });
  `);
  const from = lines.indexOf("# failed: a.test.mjs: throws what is no error");
  assert.match(lines[from + 1] ?? "", /odd: 7/);
});

test("where nothing failed the end is the counts alone", async () => {
  const lines = await report(`test("holds", () => {});`);
  assert.equal(lines[lines.indexOf("1..1") + 1], "# tests 1");
});

/** The lines that the runner prints for a file of these tests. */
async function report(tests: string): Promise<string[]> {
  await using machine = await emptyMachine();
  const file = join(machine.folder, "a.test.mjs");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `import { test } from "node:test";\n${tests}`);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const options = ["--test", `--test-reporter=${reporter}`, "--test-reporter-destination=stdout"];
  const run = spawnSync(process.execPath, [...options, file], {
    cwd: machine.folder,
    encoding: "utf8",
    env,
  });
  return run.stdout.split("\n");
}
