import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { event, skill } from "../../../libs/contract/index.ts";

const output = z.string();

test("what is no schema is refused by the option's name", () => {
  const odd = {} as z.ZodType;
  assert.throws(() => skill({ input: odd, output: z.string() }), { message: /skill\.input/ });
  assert.throws(() => skill({ input: z.string(), output: odd }), { message: /skill\.output/ });
  const older = { safeParse: () => ({ success: true }) } as unknown as z.ZodType;
  assert.throws(() => skill({ input: older, output }), { message: /zod 4, got one of another/ });
  assert.throws(() => skill({ input: z.string(), frames: odd }), { message: /skill\.frames/ });
});

test("a schema with an asynchronous check is refused where it is declared", () => {
  const slow = z.string().refine(async () => true);
  for (const declare of [
    () => skill({ input: z.object({ url: slow.optional() }), output }),
    () => skill({ input: z.array(z.union([z.number(), slow])), output }),
    () => skill({ input: output, output: z.string().transform(async (text) => text) }),
    () =>
      skill({
        input: output,
        frames: z.record(
          z.string(),
          z.string().check(async () => {}),
        ),
      }),
    () => skill({ input: output, output, errors: { odd: slow } }),
    () => event({ data: z.tuple([slow]) }),
  ]) {
    assert.throws(declare, { code: "invalid_argument", message: /asynchronous check/ });
  }
  type Tree = { readonly name: string; readonly below: Tree[] };
  const tree: z.ZodType<Tree> = z.object({
    name: z.string(),
    get below() {
      return z.array(tree);
    },
  });
  assert.equal(skill({ input: tree, output }).streams, false);
});

test("what JSON cannot carry is refused where it is declared, with what does", () => {
  const dated = z.object({ due: z.array(z.object({ at: z.date().optional() })) });
  for (const [declare, said] of [
    [() => skill({ input: dated, output }), "skill.input has a date at due.at, "],
    [() => skill({ input: dated, output }), "; z.coerce.date() "],
    [() => skill({ input: output, output: z.date() }), "skill.output has a date, "],
    [() => skill({ input: output, frames: z.bigint() }), "skill.frames has a bigint, "],
    [() => event({ data: z.object({ tags: z.set(output) }) }), "event.data has a set at tags, "],
    [
      () => skill({ input: output, output, errors: { odd: z.map(output, output) } }),
      "skill.errors.odd has a map, ",
    ],
  ] as const) {
    assert.throws(declare, ({ code, message }) => {
      assert.equal(code, "invalid_argument");
      assert.ok(message.includes(said), message);
      return true;
    });
  }
});

test("what is made of something that JSON carries is taken", () => {
  const text = z.iso.datetime();
  const made = [
    z.coerce.date(),
    text.transform((at) => new Date(at)).pipe(z.date()),
    z.preprocess((at) => new Date(String(at)), z.object({ at: z.date() })),
    z.codec(text, z.date(), { decode: (at) => new Date(at), encode: (at) => at.toISOString() }),
  ];
  for (const input of made)
    assert.equal(skill({ input: z.object({ input }), output }).streams, false);
  const messages = { input: "shop.Item", output: "shop.Item" };
  assert.equal(
    skill({ input: z.object({ size: z.bigint() }), output, messages }).messages,
    messages,
  );
});

test("a schema that names one which is declared later is taken: nobody asks for that yet", () => {
  const input = z.object({ below: z.lazy((): z.ZodType => later) });
  assert.equal(skill({ input, output }).input, input);
  const later = z.object({ name: z.string() });
  assert.deepEqual(input.parse({ below: { name: "ada" } }), { below: { name: "ada" } });
});
