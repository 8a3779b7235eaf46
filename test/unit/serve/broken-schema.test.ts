import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { defineAgent, skill } from "../../../libs/contract/index.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { compose, type Request } from "../../../libs/pipeline/index.ts";
import { handler } from "../../../libs/serve/handler.ts";
import { validate } from "../../../libs/serve/validate.ts";
import { request } from "../../../libs/testing/index.ts";

const secret = new RangeError("the password is hunter2");

/** A schema whose own code fails. */
const broken = z.string().transform(() => {
  throw secret;
});

const text = z.string();

const agent = defineAgent({
  name: "far",
  version: "1.0.0",
  skills: {
    read: skill({ input: broken, output: text }),
    write: skill({ input: text, output: broken }),
    list: skill({ input: text, frames: broken }),
    fail: skill({ input: text, output: text, errors: { odd: broken } }),
    slow: skill({ input: text.refine(() => Promise.resolve(true)), output: text }),
  },
});

/** One request to a skill, and what was heard of its schemas. */
function asking(name: keyof typeof agent.skills, run: (request: Request) => unknown) {
  const heard: (readonly [unknown, string])[] = [];
  const layer = validate(agent, (thrown, key) => heard.push([thrown, key]));
  const streams = name === "list";
  const asked = request({ input: "a", operation: { skill: name, streams } });
  return { heard, answer: compose([layer], handler(run))(asked) };
}

/** For `assert.rejects`: it has this code, and tells nothing of what was thrown. */
function told(code: MeshCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof MeshError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, /cannot be checked: its schema threw an error/);
    assert.doesNotMatch(error.message, /hunter2|RangeError/);
    return true;
  };
}

test("a schema of the input that throws is invalid_input without its text, which the agent hears", async () => {
  let ran = false;
  const { heard, answer } = asking("read", () => {
    ran = true;
  });
  await assert.rejects(answer, told(MeshCode.InvalidInput));
  assert.equal(ran, false);
  assert.deepEqual(heard, [[secret, "far.read"]]);
});

test("a schema of the answer that throws is invalid_output without its text, which the agent hears", async () => {
  const { heard, answer } = asking("write", () => "done");
  await assert.rejects(answer, told(MeshCode.InvalidOutput));
  assert.deepEqual(heard, [[secret, "far.write"]]);
});

test("a schema of the frames that throws ends the stream the same way", async () => {
  const { heard, answer } = asking("list", async function* () {
    yield "one";
  });
  const frames = (await answer) as AsyncIterable<unknown>;
  await assert.rejects(frames[Symbol.asyncIterator]().next(), told(MeshCode.InvalidOutput));
  assert.deepEqual(heard, [[secret, "far.list"]]);
});

test("a schema of an error's data that throws is invalid_output, and the agent hears of it", async () => {
  const { heard, answer } = asking("fail", () => {
    throw new MeshError(MeshCode.DomainError, "odd", { domain: { name: "odd", data: "a" } });
  });
  await assert.rejects(answer, told(MeshCode.InvalidOutput));
  assert.deepEqual(heard, [[secret, "far.fail"]]);
});

test("a check that gives a promise says so, and leaves nothing that could end the process", async () => {
  const { answer } = asking("slow", () => "done");
  await assert.rejects(answer, {
    code: "invalid_input",
    message: /input of far\.slow cannot be checked: its schema is asynchronous$/,
  });
});

test("what a handler gives that does not fit its contract is heard", async () => {
  const { heard, answer } = asking("list", async function* () {
    yield 1;
  });
  const frames = (await answer) as AsyncIterable<unknown>;
  await assert.rejects(frames[Symbol.asyncIterator]().next(), {
    code: "invalid_output",
    message: /does not fit its contract/,
  });
  const [[said, skill] = [], ...others] = heard;
  assert.match(String(said), /frame of far\.list does not fit its contract/);
  assert.deepEqual([skill, others], ["far.list", []]);
});
