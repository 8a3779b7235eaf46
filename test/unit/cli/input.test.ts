import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import fc from "fast-check";
import { parseDuration, parseInput, parseMoment, readInput } from "../../../services/cli/input.ts";
import { faultIn } from "../../../services/cli/json-fault.ts";
import { FakeTerminal } from "../../support/fake-terminal.ts";

const zone = process.env["TZ"];
afterEach(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

/** The moment as this program would read it in New York and in Tokyo; the same one, or both differ. */
function moments(text: string): string[] {
  const inZone = (name: string): string => {
    process.env["TZ"] = name;
    return parseMoment(text, "--since").toISOString();
  };
  return [...new Set(["America/New_York", "Asia/Tokyo"].map(inZone))];
}

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
    ["[01]", 2],
    ["tru", 0],
    ['"abc', 4],
    ['"a\\x"', 2],
    ['{"a": "\\u12x"}', 7],
    ['"a\tb"', 2],
    ['["a\nb"]', 3],
    ['{"a": 1 "b": 2}', 8],
    ["1 // one", 2],
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

test("a time is a number with its unit, and the same units are how long ago", () => {
  assert.equal(parseDuration("500ms", "--timeout"), 500);
  assert.equal(parseDuration("1.5s", "--timeout"), 1_500);
  assert.equal(parseDuration("2m", "--timeout"), 120_000);
  assert.equal(parseDuration("1h", "--deadline"), 3_600_000);
  assert.equal(parseDuration("1.5d", "--deadline"), 129_600_000);
  const allowed = /--timeout must be a time above 0 with its unit \(ms, s, m, h or d\)/;
  for (const bad of ["", "0", "5", "500", "0s", "-1s", "5 s", "5w", "d", "soon"]) {
    assert.throws(() => parseDuration(bad, "--timeout"), allowed, bad);
  }
  const now = new Date("2026-11-21T08:00:00Z");
  for (const span of ["500ms", "1.5s", "2m", "3h", "1.5d"]) {
    const ago = now.getTime() - parseMoment(span, "--since", now).getTime();
    assert.equal(ago, parseDuration(span, "--timeout"), span);
  }
});

test("a moment without a zone is in UTC, wherever the program runs", () => {
  const written = {
    "2026-11-21": "2026-11-21T00:00:00.000Z",
    "2026-11-21T08:00": "2026-11-21T08:00:00.000Z",
    "2026-11-21 08:00": "2026-11-21T08:00:00.000Z",
    "2026-11-21T08:00:01.5": "2026-11-21T08:00:01.500Z",
    "2026-11-21T08:00:00Z": "2026-11-21T08:00:00.000Z",
    "2026-11-21T08:00+02:00": "2026-11-21T06:00:00.000Z",
  };
  for (const [text, moment] of Object.entries(written)) {
    assert.deepEqual(moments(text), [moment], text);
  }
});

test("a moment may be said as how long ago, in days as well", () => {
  const now = new Date("2026-11-21T08:00:00Z");
  const ago = (text: string) => parseMoment(text, "--since", now).toISOString();
  assert.equal(ago("2d"), "2026-11-19T08:00:00.000Z");
  assert.equal(ago("2h"), "2026-11-21T06:00:00.000Z");
  assert.equal(ago("1.5m"), "2026-11-21T07:58:30.000Z");
});

test("what is no moment is refused with what is allowed", () => {
  for (const bad of ["", "yesterday", "21.11.2026", "2026-13-45", "2026-11-21T25:00", "-2d", "5"]) {
    assert.throws(() => parseMoment(bad, "--since"), {
      code: "invalid_argument",
      message:
        /--since must be a time such as 2026-11-21T08:00 \(UTC\), or how long ago with its unit/,
    });
  }
});

test("what JavaScript alone takes for a date is refused, or is the same moment everywhere", () => {
  for (const odd of ["2026-1-2", "2026-", "2026-Nov-21", "2026-11-21 08:00 PM", "2026-11-21 8am"]) {
    try {
      assert.equal(moments(odd).length, 1, odd);
    } catch (error) {
      assert.ok(isMeshError(error, MeshCode.InvalidArgument), String(error));
    }
  }
});

test("a moment beyond all time, or on no day of the calendar, is refused", () => {
  for (const bad of ["99999999999d", "9999999999999h", "2026-02-31"]) {
    assert.throws(() => parseMoment(bad, "--since"), { code: "invalid_argument" }, bad);
  }
});
