import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { defineAgent, skill } from "../../../../libs/contract/index.ts";
import { MeshCode, MeshError } from "../../../../libs/errors/index.ts";
import { type CompareOptions, compareAnswers } from "../../../../libs/operate/replay/compare.ts";
import type { RecordedAnswer } from "../../../../libs/operate/replay/recorded.ts";
import { headLine, parseProtobuf } from "../../../../libs/wire/index.ts";

function answer(values: readonly unknown[], error?: MeshError): RecordedAnswer {
  const frames = values.map((value) => ({ head: "", payload: Buffer.from(JSON.stringify(value)) }));
  return { frames, skipped: 0, error, tookMs: 1 };
}

function paths(then: readonly unknown[], now: readonly unknown[], options?: CompareOptions) {
  const recorded = { skill: "sum", answer: answer(then) };
  return compareAnswers(recorded, answer(now), options).map(({ path }) => path);
}

test("equal answers have no differences, whatever the order of their fields", () => {
  assert.deepEqual(paths([{ a: 1, b: [1, { c: null }] }], [{ b: [1, { c: null }], a: 1 }]), []);
});

test("each field that differs, is missing or is new is told by its path", () => {
  const then = [{ a: 1, b: { c: [1, 2], d: "x" }, gone: true }];
  const now = [{ a: 2, b: { c: [1, 3, 4], d: "x" }, new: true }];
  assert.deepEqual(paths(then, now), ["a", "b.c[1]", "b.c[2]", "gone", "new"]);
});

test("a field is left out with all below it, in one element of a list or in each", () => {
  const then = [{ at: { day: 1 }, items: [{ id: 1 }, { id: 2 }], atoms: 1 }];
  const now = [{ at: { day: 2 }, items: [{ id: 3 }, { id: 4 }], atoms: 2 }];
  assert.deepEqual(paths(then, now, { ignore: ["at", "items[].id"] }), ["atoms"]);
  assert.deepEqual(paths(then, now, { ignore: ["at", "items[0]"] }), ["items[1].id", "atoms"]);
});

test("frames are compared by their number, and one too many is told", () => {
  assert.deepEqual(paths([1, 2, 3], [1, 5, 3, 4]), ["[1]", "[3]"]);
});

test("errors differ by code and data, not by text", () => {
  const overloaded = (text: string) => new MeshError(MeshCode.Overloaded, text);
  const then = { skill: "sum", answer: answer([], overloaded("8 running")) };
  assert.deepEqual(compareAnswers(then, answer([], overloaded("9 running"))), []);
  const [other] = compareAnswers(then, answer([], new MeshError(MeshCode.Internal, "8 running")));
  assert.deepEqual(other, { path: "error.code", recorded: "overloaded", replayed: "internal" });
});

test("what is deep, and what differs everywhere, is compared to a bound", () => {
  const deep = (value: number): RecordedAnswer => ({
    ...answer([]),
    frames: [{ head: "", payload: Buffer.from("[".repeat(500) + value + "]".repeat(500)) }],
  });
  assert.deepEqual(compareAnswers({ skill: "sum", answer: deep(1) }, deep(1)), []);
  const [told] = compareAnswers({ skill: "sum", answer: deep(1) }, deep(2));
  assert.equal(told?.path, "[0]".repeat(64));
  const then = Array.from({ length: 1_000 }, (_, at) => at);
  const now = then.map((value) => -1 - value);
  assert.equal(paths([then], [now]).length, 100);
});

test("answers in protobuf are compared by field with the contract, by byte without", () => {
  const protobuf = 'syntax = "proto3"; message Sum { string by = 1; int32 words = 2; }';
  const shape = z.object({ by: z.string(), words: z.number() });
  const contract = defineAgent({
    name: "scribe",
    version: "1.0.0",
    protobuf,
    skills: {
      sum: skill({ input: shape, output: shape, messages: { input: "Sum", output: "Sum" } }),
    },
  });
  const codec = parseProtobuf(protobuf)("Sum");
  const head = `${headLine}Content-Type: ${codec.contentType}\r\n\r\n`;
  const of = (by: string): RecordedAnswer => ({
    ...answer([]),
    frames: [{ head, payload: codec.encode({ by, words: 2 }) }],
  });
  const recorded = { skill: "sum", answer: of("scribe") };
  assert.deepEqual(compareAnswers(recorded, of("sandbox"), { contract }), [
    { path: "by", recorded: "scribe", replayed: "sandbox" },
  ]);
  assert.match(String(compareAnswers(recorded, of("sandbox"))[0]?.recorded), /^base64:/);
});
