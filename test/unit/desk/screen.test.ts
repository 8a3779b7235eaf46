import assert from "node:assert/strict";
import { test } from "node:test";
import { createScreen } from "../../../services/desk/screen/screen.ts";
import { table } from "../../../services/desk/screen/table.ts";
import { duration, plain } from "../../../services/desk/screen/text.ts";

function output(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { written, isTTY, columns, write: (text: string) => written.push(text) };
}

test("elsewhere than on a terminal progress is some ten lines, however much there is to do", () => {
  const out = output(false);
  const screen = createScreen(out, {});
  for (let done = 0; done <= 5_000; done++) screen.progress(done, 5_000, "documents");
  assert.equal(out.written.length, 10);
  assert.equal(out.written.at(-1), "  5000/5000 documents\n");
  assert.ok(!out.written.join("").includes("\u001b"));
});

test("on a terminal progress is one line, no longer than the terminal is wide", () => {
  const out = output(true, 40);
  const screen = createScreen(out, { NO_COLOR: "1" });
  screen.progress(7, 7, "documents and a note that is far too long for this terminal");
  screen.say("a line that stays");
  screen.clear();
  const bare = (text: string): string => text.replaceAll("\r\u001b[2K", "|");
  const [drawn = "", said = "", cleared] = out.written.map(bare);
  assert.equal(drawn.length, 1 + 39);
  assert.equal(said, `|a line that stays\n${drawn.slice(1)}`);
  assert.equal(cleared, "|");
});

test("a terminal that does not know its width gets a line of the usual one", () => {
  const out = output(true, 0);
  createScreen(out, {}).progress(1, 1, "x".repeat(200));
  assert.equal(out.written[0]?.replace("\r\u001b[2K", "").length, 79);
});

test("a dumb terminal gets lines", () => {
  const out = output(true);
  createScreen(out, { TERM: "dumb" }).say("x");
  assert.deepEqual(out.written, ["x\n"]);
});

test("a table is aligned, numbers to the right", () => {
  assert.deepEqual(table(["agent", "calls"], [["editor", "1"]]), [
    "agent   calls",
    "editor      1",
  ]);
});

test("what comes from elsewhere cannot steer the terminal", () => {
  assert.equal(plain("a\u001b[2Jb\nc\u0007\u009b1md"), "ab cd");
});

test("a span of time is told as people say it", () => {
  assert.deepEqual([0.04, 9.94, 9.96, 999, 1_234, 61_000].map(duration), [
    ...["0.0 ms", "9.9 ms", "10 ms", "999 ms", "1.2 s", "61.0 s"],
  ]);
});
