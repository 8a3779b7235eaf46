import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { parseDuration, parseInput, readInput } from "../../../services/cli/input.ts";
import { FakeTerminal } from "../../support/fake-terminal.ts";

test("the input is the argument, a file, standard input, or an empty object", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "myelin-cli-"));
  writeFileSync(join(cwd, "input.json"), '{"from":"file"}');
  const terminal = new FakeTerminal({ cwd, input: '{"from":"stdin"}' });
  assert.deepEqual(await readInput('{"from":"argument"}', terminal), { from: "argument" });
  assert.deepEqual(await readInput("@input.json", terminal), { from: "file" });
  assert.deepEqual(await readInput("-", terminal), { from: "stdin" });
  assert.deepEqual(await readInput(undefined, terminal), {});
  await assert.rejects(readInput("@other.json", terminal), /@other.json cannot be read/);
  rmSync(cwd, { recursive: true });
});

test("JSON that breaks off or goes wrong is shown with its place", () => {
  assert.throws(
    () => parseInput('{"a": 1,\n "b": x}', "the argument"),
    (error) =>
      isMeshError(error, MeshCode.InvalidArgument) &&
      error.message.includes("the argument is not JSON") &&
      error.message.endsWith('\n  line 2, column 7\n   "b": x}\n        ^'),
  );
  assert.throws(
    () => parseInput('{"a": 1', "the argument"),
    /line 1, column 8\n {2}\{"a": 1\n {9}\^/,
  );
});

test("a time is a number with or without a unit", () => {
  assert.equal(parseDuration("500", "--timeout"), 500);
  assert.equal(parseDuration("500ms", "--timeout"), 500);
  assert.equal(parseDuration("1.5s", "--timeout"), 1_500);
  assert.equal(parseDuration("2m", "--timeout"), 120_000);
  for (const bad of ["", "0", "-1", "5 s", "soon", "5d"]) {
    assert.throws(() => parseDuration(bad, "--timeout"), /--timeout must be a time above 0/);
  }
});
