import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { defineAgent, skill } from "../../../libs/contract/index.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { compose, type Request } from "../../../libs/pipeline/index.ts";
import { handler } from "../../../libs/serve/handler.ts";
import { validate } from "../../../libs/serve/validate.ts";
import { request } from "../../../libs/testing/index.ts";
import { refused } from "./world.ts";

const agent = defineAgent({
  name: "far",
  version: "1.0.0",
  skills: {
    work: skill({
      input: z.object({ text: z.string().trim() }),
      output: z.object({ words: z.number() }),
      errors: { too_short: z.object({ words: z.number() }) },
    }),
    count: skill({
      input: z.object({}),
      frames: z.number(),
      errors: { too_short: z.object({ words: z.number() }) },
    }),
  },
});

const input = { text: " a b " };

function serving(run: (request: Request) => unknown) {
  return compose([validate(agent, () => {})], handler(run));
}

const counting = { operation: { skill: "count", streams: true } };

function fail(name: string, data: unknown, origin: "here" | "peer" = "here"): never {
  throw new MeshError(MeshCode.DomainError, name, { domain: { name, data }, origin });
}

async function collect(frames: unknown): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const frame of frames as AsyncIterable<unknown>) seen.push(frame);
  return seen;
}

test("the handler gets the input decoded and parsed", async () => {
  let seen: unknown;
  const serve = serving(({ input }) => {
    seen = input;
    return { words: 2 };
  });
  assert.deepEqual(await serve(request({ input })), { words: 2 });
  assert.deepEqual(seen, { text: "a b" });
});

test("input that breaks the contract is refused with the place, and nothing runs", async () => {
  let ran = false;
  const serve = serving(() => {
    ran = true;
  });
  await assert.rejects(serve(request({ input: { text: 1 } })), (error: MeshError) => {
    assert.equal(error.code, MeshCode.InvalidInput);
    assert.match(error.message, /input of far\.work does not fit its contract: text: /);
    return true;
  });
  assert.equal(ran, false);
});

test("a payload that cannot be decoded is refused as its codec says", async () => {
  const codec = {
    ...request().codec,
    decode: () => {
      throw new MeshError(MeshCode.MalformedPayload, "test");
    },
  };
  await assert.rejects(serving(() => 1)(request({ codec })), refused(MeshCode.MalformedPayload));
});

test("an answer that breaks the contract is invalid_output, and its value stays here", async () => {
  const serve = serving(() => ({ words: "secret" }));
  await assert.rejects(serve(request({ input })), (error: MeshError) => {
    assert.equal(error.code, MeshCode.InvalidOutput);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test("what a handler throws is handler_failed, and only its cause knows the rest", async () => {
  const secret = new TypeError("password is hunter2");
  for (const run of [
    () => {
      throw secret;
    },
    () => Promise.reject(secret),
  ]) {
    await assert.rejects(serving(run)(request({ input })), (error: MeshError) => {
      assert.match(
        error.message,
        /^handler_failed: the handler of far.work failed; its agent's log has the reason/,
      );
      assert.doesNotMatch(error.message, /hunter2/);
      assert.equal(error.cause, secret);
      return true;
    });
  }
});

test("a declared error passes as it is", async () => {
  const serve = serving(() => fail("too_short", { words: 1 }));
  await assert.rejects(serve(request({ input })), (error: MeshError) => {
    assert.equal(error.code, MeshCode.DomainError);
    assert.deepEqual(error.domain, { name: "too_short", data: { words: 1 } });
    return true;
  });
});

test("an error that is not declared is handler_failed, one whose data does not fit invalid_output", async () => {
  await assert.rejects(
    serving(() => fail("too_long", {}))(request({ input })),
    /handler_failed: far\.work: its handler raised "too_long", which is not declared/,
  );
  await assert.rejects(
    serving(() => fail("too_short", { words: "x" }))(request({ input })),
    refused(MeshCode.InvalidOutput),
  );
});

test("a domain error of an onward call is not this skill's own", async () => {
  await assert.rejects(
    serving(() => fail("too_short", { words: 1 }, "peer"))(request({ input })),
    refused(MeshCode.HandlerFailed),
  );
});

test("a handler that was told to stop ends with the reason it was told", async () => {
  const asked = request({ input });
  const serve = serving(() => {
    asked.signal.end(new MeshError(MeshCode.Cancelled, "test"));
    throw new Error("stopped");
  });
  await assert.rejects(serve(asked), refused(MeshCode.Cancelled));
});

test("frames are checked one by one, and the first that breaks the contract ends the stream", async () => {
  const serve = serving(async function* () {
    yield 1;
    yield "two";
  });
  const frames = (await serve(request(counting))) as AsyncIterable<unknown>;
  const reader = frames[Symbol.asyncIterator]();
  assert.deepEqual(await reader.next(), { value: 1, done: false });
  await assert.rejects(reader.next(), refused(MeshCode.InvalidOutput));
});

test("what is thrown between frames is handler_failed, unless it is declared", async () => {
  const throwing = (error: () => unknown) =>
    serving(async function* () {
      yield 1;
      throw error();
    })(request(counting));
  await assert.rejects(
    collect(await throwing(() => new TypeError("secret"))),
    /handler_failed: the handler of far\.count failed/,
  );
  const declared = new MeshError(MeshCode.DomainError, "too_short", {
    domain: { name: "too_short", data: { words: 0 } },
  });
  await assert.rejects(collect(await throwing(() => declared)), refused(MeshCode.DomainError));
});

test("a skill that streams must give an async iterable", async () => {
  for (const answer of [undefined, null, [1, 2], Promise.resolve([])]) {
    await assert.rejects(serving(() => answer)(request(counting)), refused(MeshCode.InvalidOutput));
  }
});
