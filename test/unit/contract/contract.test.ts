import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { isDomainError, readDomainError } from "../../../libs/contract/domain.ts";
import {
  check,
  defineAgent,
  maxDeadlineMs,
  milliseconds,
  skill,
  wireSchema,
} from "../../../libs/contract/index.ts";
import { isMeshError, MeshCode, MeshError } from "../../../libs/errors/index.ts";

const say = skill({ input: z.object({}), output: z.string() });

function agent(parts: Partial<Parameters<typeof defineAgent>[0]> = {}) {
  return defineAgent({ name: "far", version: "1.0.0", skills: { say }, ...parts });
}

test("a skill has every default filled in", () => {
  const { input: _input, output: _output, ...rest } = say;
  assert.deepEqual(rest, {
    ...{ description: "", streams: false, idempotent: false, errors: {}, messages: undefined },
    ...{ sealed: false, demandsUser: false },
    ...{ deadlineMs: 30_000, idleMs: 30_000 },
  });
  assert.ok(Object.isFrozen(say));
});

test("a skill with frames streams, and has its own limit of silence", () => {
  const words = skill({ input: z.object({}), frames: z.string(), idleMs: 50 });
  assert.deepEqual([words.streams, words.idleMs], [true, 50]);
});

test("a span of time is above 0 and at most what a timer holds", () => {
  for (const value of [
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    maxDeadlineMs + 1,
    "5",
    undefined,
  ]) {
    assert.throws(() => milliseconds("skill.deadlineMs", value as number), {
      code: "invalid_argument",
      message: /skill\.deadlineMs/,
    });
  }
  assert.equal(milliseconds("x", 0.5), 0.5);
  assert.equal(milliseconds("x", maxDeadlineMs), maxDeadlineMs);
});

test("names that could not stand in a subject are refused, whatever they are", () => {
  const names = fc.oneof(
    fc.string(),
    fc.constantFrom("A", "a.b", "*", ">", "a b", "-a", "_a", "x".repeat(64)),
  );
  fc.assert(
    fc.property(names, (name) => {
      const isToken = /^[a-z0-9][a-z0-9_-]{0,62}$/.test(name);
      for (const define of [() => agent({ name }), () => agent({ skills: { [name]: say } })]) {
        if (isToken) define();
        else assert.throws(define, (error) => isMeshError(error, "invalid_name"));
      }
    }),
  );
});

test("only a semantic version that can stand in a subject is taken", () => {
  for (const version of ["1.0.0", "0.0.1", "1.2.3-rc.1", "10.20.30+build.7"]) agent({ version });
  const long = `1.0.0-${"a".repeat(60)}`;
  for (const version of ["1", "1.0", "01.0.0", "v1.0.0", "1.0.0 ", "1.0.0\n", "latest", "", long]) {
    assert.throws(() => agent({ version }), { code: "invalid_argument" }, version);
  }
});

test("a skill that names protobuf messages needs a source that has them", () => {
  const messages = { input: "A", output: "B" };
  const skills = { say: skill({ input: z.object({}), output: z.object({}), messages }) };
  assert.throws(() => agent({ skills }), { code: "invalid_argument", message: /far\.say/ });
  agent({ skills, protobuf: 'syntax = "proto3";' });
});

test("a contract is frozen, so that both sides mean the same", () => {
  const contract = agent();
  assert.ok(Object.isFrozen(contract) && Object.isFrozen(contract.skills));
});

test("a value is checked with each problem and its place, and no more than a few of them", () => {
  const schema = z.object({ list: z.array(z.number()) });
  assert.throws(
    () => check(schema, { list: ["a", 1, "b"] }, MeshCode.InvalidInput, "input of a.b"),
    {
      code: "invalid_input",
      message: /^invalid_input: input of a\.b does not fit its contract: list\.0: .*; list\.2: /,
    },
  );
  const many = { list: Array(100).fill("x") };
  assert.throws(() => check(schema, many, MeshCode.InvalidInput, "x"), { message: /and 95 more$/ });
  assert.throws(() => check(z.string(), 7, MeshCode.InvalidOutput, "x"), {
    code: "invalid_output",
    message: /value: /,
  });
});

test("a schema that cannot answer, or throws itself, refuses the value", () => {
  const slow = z.string().refine(() => Promise.resolve(true));
  const broken = z.string().transform(() => {
    throw new RangeError("defect");
  });
  for (const schema of [slow, broken]) {
    assert.throws(() => check(schema, "a", MeshCode.InvalidInput, "x"), {
      code: "invalid_input",
      message: /cannot be checked/,
    });
  }
});

test("a check answers what the schema makes of the value", () => {
  const schema = z.object({ n: z.coerce.number(), extra: z.string().default("d") });
  assert.deepEqual(check(schema, { n: "4", more: 1 }, MeshCode.InvalidInput, "x"), {
    n: 4,
    extra: "d",
  });
});

test("the wire's schema is that of what is sent, also where JSON Schema has no word for it", () => {
  const schema = wireSchema(z.object({ at: z.date(), n: z.string().transform(Number) }));
  const { properties } = schema as { properties: Record<string, unknown> };
  assert.deepEqual(properties["n"], { type: "string" });
  assert.deepEqual(properties["at"], {});
});

test("a domain error is told apart by its name", () => {
  const write = skill({
    input: z.object({}),
    output: z.string(),
    errors: { too_short: z.object({ words: z.number() }) },
  });
  const raised = (name: string, data: unknown) =>
    new MeshError(MeshCode.DomainError, name, { domain: { name, data } });
  assert.ok(isDomainError(raised("too_short", { words: 3 }), write, "too_short"));
  for (const other of [
    raised("too_long", { words: 3 }),
    new MeshError(MeshCode.DomainError, "bare"),
    new MeshError(MeshCode.Internal, "x", { domain: { name: "too_short", data: { words: 3 } } }),
    new Error("too_short"),
    undefined,
  ]) {
    assert.equal(isDomainError(other, write, "too_short"), false);
  }
});

test("a domain error that came is parsed once, as its schema says, or is no answer of the contract", () => {
  const closed = skill({
    input: z.object({}),
    output: z.string(),
    errors: { closed: z.object({ until: z.string().transform((text) => new Date(text)) }) },
  });
  const came = (name: string, data: unknown) =>
    readDomainError(
      new MeshError(MeshCode.DomainError, name, { domain: { name, data } }),
      closed,
      "shop.open",
    );
  const error = came("closed", { until: "2030-01-01T00:00:00Z" });
  assert.ok(isDomainError(error, closed, "closed"));
  assert.equal(error.domain.data.until.getUTCFullYear(), 2030);
  assert.equal(came("closed", { until: 3 }).code, MeshCode.InvalidOutput);
  assert.match(came("gone", {}).message, /"gone" of shop\.open is not declared/);
});
