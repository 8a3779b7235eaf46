import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { example, shape } from "../../../services/cli/shape.ts";

const cases: readonly (readonly [z.ZodType, string, unknown])[] = [
  [z.string(), "string", "…"],
  [z.int(), "number", 1],
  [z.boolean(), "boolean", true],
  [z.unknown(), "any", {}],
  [z.literal("a"), '"a"', "a"],
  [z.enum(["a", "b"]), '"a" | "b"', "a"],
  [z.array(z.string()), "string[]", []],
  [z.array(z.union([z.string(), z.number()])), "(string | number)[]", []],
  [z.string().nullable(), "string | null", "…"],
  [z.object({}), "{}", {}],
  [
    z.object({ text: z.string(), words: z.number().optional() }),
    "{ text: string, words?: number }",
    { text: "…" },
  ],
  [
    z.object({ deep: z.object({ a: z.boolean() }) }),
    "{ deep: { a: boolean } }",
    { deep: { a: true } },
  ],
  [z.record(z.string(), z.number()), "{ [name]: number }", {}],
];

for (const [schema, short, fits] of cases) {
  test(`the shape of ${short} is short, and its example fits`, () => {
    const json = z.toJSONSchema(schema, { io: "input" });
    assert.equal(shape(json), short);
    assert.deepEqual(example(json), fits);
  });
}

test("a schema that is none, or without end, has a shape all the same", () => {
  for (const odd of [
    undefined,
    null,
    1,
    "a",
    [],
    { type: 5 },
    { enum: 1, anyOf: 2, required: 3, properties: 4 },
  ])
    assert.equal(typeof shape(odd), "string");
  const endless: Record<string, unknown> = { type: "array" };
  endless.items = endless;
  assert.equal(shape(endless), "any[][][][][][][]");
});
