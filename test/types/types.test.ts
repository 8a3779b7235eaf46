import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = new URL("../../", import.meta.url).pathname;

/** Compiles one file with the project's own settings; the compiler's lines. */
function compile(source: string): Promise<string> {
  const folder = mkdtempSync(join(root, "test/types/.try-"));
  const file = join(folder, "client.ts");
  writeFileSync(file, source);
  const config = { extends: "../../../tsconfig.json", include: ["client.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  copyFileSync(join(root, "test/package.json"), join(folder, "package.json"));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [tsc, "--noEmit", "-p", folder],
      { timeout: 120_000 },
      (_error, stdout) => {
        rmSync(folder, { recursive: true, force: true });
        resolve(stdout);
      },
    );
  });
}

const source = readFileSync(join(root, "test/types/client.ts"), "utf8");

test("a wrong skill, input, output, option or handler is a compile error, and what is right is none", async () => {
  assert.equal(await compile(source), "");
});

test("each refusal is the compiler's own: without its mark it is an error", async () => {
  const marks = source.split("\n").filter((line) => line.includes("// @ts-expect-error"));
  const errors = await compile(source.replaceAll(/ *\/\/ @ts-expect-error.*\n/g, ""));
  const places = new Set([...errors.matchAll(/client\.ts\((\d+),/g)].map((match) => match[1]));
  assert.equal(places.size, marks.length, errors);
});
