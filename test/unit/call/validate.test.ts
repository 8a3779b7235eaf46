import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { validate } from "../../../libs/call/validate.ts";
import { defineAgent, skill } from "../../../libs/contract/index.ts";
import { MeshCode, type MeshError } from "../../../libs/errors/index.ts";
import { answering, call, failing } from "../../../libs/testing/index.ts";
import { refused } from "./world.ts";

const far = defineAgent({
  name: "far",
  version: "1.0.0",
  skills: {
    work: skill({
      input: z.object({ at: z.string().transform((text) => new Date(text)) }),
      output: z.object({ at: z.coerce.date() }),
      errors: { too_short: z.object({ words: z.number() }) },
    }),
    count: skill({ input: z.object({}), frames: z.number().max(2) }),
  },
});

const good = { at: "2026-01-01T00:00:00Z" };

async function* numbers(...values: unknown[]) {
  yield* values;
}

async function collect(frames: unknown): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const frame of frames as AsyncIterable<unknown>) seen.push(frame);
  return seen;
}

test("a call with input that breaks the contract never leaves", async () => {
  const side = answering(good);
  const send = validate(far)(side.send);
  await assert.rejects(send(call({ input: { at: 1 } })), refused(MeshCode.InvalidInput, "here"));
  assert.equal(side.calls, 0);
});

test("the input is sent as it was given, not as it was parsed", async () => {
  const side = answering(good);
  await validate(far)(side.send)(call({ input: good }));
  assert.equal(side.seen[0]?.input, good);
});

test("the answer is parsed by the contract", async () => {
  const reply = await validate(far)(answering(good, { instance: "a1", load: 3 }).send)(
    call({ input: good }),
  );
  assert.deepEqual(reply, { value: { at: new Date(good.at) }, instance: "a1", load: 3 });
});

test("an answer that breaks the contract is invalid_output of the peer, with the place", async () => {
  const send = validate(far)(answering({ at: "no date" }).send);
  await assert.rejects(send(call({ input: good })), (error: MeshError) => {
    assert.ok(refused(MeshCode.InvalidOutput, "peer")(error));
    assert.match(error.message, /answer of far\.work does not fit its contract: at: /);
    return true;
  });
});

test("a skill that the contract does not have is refused with those it has", async () => {
  const send = validate(far)(answering(good).send);
  await assert.rejects(send(call({ operation: { skill: "constructor" } })), (error: MeshError) => {
    assert.equal(error.code, MeshCode.UnknownSkill);
    assert.match(error.message, /it has: work, count/);
    return true;
  });
});

test("each frame of a stream is parsed when it is read", async () => {
  const send = validate(far)(answering(numbers(1, 2, 3)).send);
  const reply = await send(call({ operation: { skill: "count", streams: true } }));
  const frames = (reply.value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  assert.deepEqual(await frames.next(), { value: 1, done: false });
  assert.deepEqual(await frames.next(), { value: 2, done: false });
  await assert.rejects(frames.next(), refused(MeshCode.InvalidOutput, "peer"));
  assert.deepEqual(await frames.next(), { value: undefined, done: true });
});

test("a frame that breaks the contract stops the far side", async () => {
  let isLeft = false;
  async function* endless() {
    try {
      for (;;) yield "not a number";
    } finally {
      isLeft = true;
    }
  }
  const send = validate(far)(answering(endless()).send);
  const reply = await send(call({ operation: { skill: "count", streams: true } }));
  await assert.rejects(collect(reply.value), refused(MeshCode.InvalidOutput));
  assert.ok(isLeft);
});

test("a declared error arrives with its data", async () => {
  const domain = { name: "too_short", data: { words: 3 } };
  const send = validate(far)(failing(MeshCode.DomainError, { domain }).send);
  await assert.rejects(send(call({ input: good })), (error: MeshError) => {
    assert.ok(refused(MeshCode.DomainError, "peer")(error));
    assert.deepEqual(error.domain, domain);
    return true;
  });
});

test("an error that is not declared, or whose data does not fit, is invalid_output", async () => {
  for (const domain of [
    { name: "too_long", data: {} },
    { name: "too_short", data: { words: "three" } },
    { name: "constructor", data: {} },
  ]) {
    const send = validate(far)(failing(MeshCode.DomainError, { domain }).send);
    await assert.rejects(send(call({ input: good })), refused(MeshCode.InvalidOutput, "peer"));
  }
});

test("a schema that throws refuses the call and nothing else", async () => {
  const odd = defineAgent({
    name: "far",
    version: "1.0.0",
    skills: {
      work: skill({
        input: z.unknown().refine(() => {
          throw new RangeError("its own");
        }),
        output: z.unknown(),
      }),
    },
  });
  await assert.rejects(
    validate(odd)(answering(1).send)(call()),
    refused(MeshCode.InvalidInput, "here"),
  );
});
