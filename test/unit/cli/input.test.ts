import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import fc from "fast-check";
import { parseDuration, parseInput, readInput } from "../../../services/cli/input.ts";
import { faultIn } from "../../../services/cli/json-fault.ts";
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

test("JSON that goes wrong is shown with its place", () => {
  assert.throws(
    () => parseInput('{"a": 1,\n "b": x}', "the argument"),
    (error) =>
      isMeshError(error, MeshCode.InvalidArgument) &&
      error.detail ===
        'the argument is not JSON: unexpected "x", line 2, column 7\n   "b": x}\n        ^',
  );
});

test("the place of a fault is its first character", () => {
  const faults: readonly (readonly [string, number])[] = [
    ["", 0],
    ["  ", 2],
    ["{", 1],
    ['{"a": 1', 7],
    ['{"a": 1,}', 8],
    ["{a: 1}", 1],
    ["{'a': 1}", 1],
    ['{"a" 1}', 5],
    ["[1, 2", 5],
    ["[1 2]", 3],
    ["[01]", 1],
    ["tru", 0],
    ['"abc', 4],
    ['"a\\x"', 2],
    ['{"a": 1} x', 9],
  ];
  for (const [text, at] of faults) {
    assert.throws(() => JSON.parse(text), text);
    assert.equal(faultIn(text), at, text);
  }
});

test("what JSON.parse takes has no fault", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.equal(faultIn(text), text.length);
    }),
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
