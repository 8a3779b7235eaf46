import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { startMesh } from "@myelin/mesh/testing";

const run = promisify(execFile);
const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** The TypeScript blocks of a document. */
function blocks(document: string): string[] {
  return [...read(document).matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
}

test("the README's first agent is the example that runs, in under 40 lines", () => {
  const example = read("test/examples/first-agent.ts");
  assert.deepEqual(blocks("README.md"), [example]);
  assert.ok(example.trimEnd().split("\n").length < 40);
});

test("the first agent runs as the README says, and says what it should", async () => {
  await using mesh = await startMesh();
  const { stdout } = await run(
    process.execPath,
    ["--conditions=development", "--import", "tsx", "test/examples/first-agent.ts"],
    { cwd: root, env: { ...process.env, ...mesh.env }, timeout: 120_000 },
  );
  assert.equal(stdout, "Hello Ada\n3\n2\n1\n");
});

test("the ladders in ARCHITECTURE are those of the code", () => {
  const document = read("ARCHITECTURE.md");
  const listed = (from: string, to: string) =>
    [
      ...document
        .slice(document.indexOf(from), document.indexOf(to))
        .matchAll(/^(?:OUT {2}|IN {3}| {5})([a-z]+) {2,}/gm),
    ].map((match) => match[1]);
  const stack = (path: string, parts: RegExp) =>
    [...read(path).matchAll(parts)].map((match) => match[1]);
  const layers = /^ {4}(?:parts\.)?([a-z]+)(?:\.layer)?\(/gm;
  assert.deepEqual(listed("OUT  trace", "IN   NATS"), stack("libs/call/stack.ts", layers));
  assert.deepEqual(
    listed("IN   NATS", "## A call's way").filter((name) => name !== "handler"),
    stack("libs/serve/stack.ts", layers),
  );
});
