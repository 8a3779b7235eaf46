import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, isMeshError, type Logger, type MeshError, skill } from "@myelin/mesh";
import { startMesh } from "@myelin/mesh/testing";
import { z } from "zod";

const secret = "the password is hunter2";

const broken = z.string().transform((text) => {
  if (text === "break") throw new RangeError(secret);
  return text;
});

/** An agent whose author made every mistake. */
const clumsy = defineAgent({
  name: "clumsy",
  version: "1.0.0",
  skills: {
    read: skill({ input: z.unknown(), output: z.string() }),
    write: skill({ input: z.string(), output: z.unknown() }),
    count: skill({ input: z.string(), frames: z.number() }),
  },
});

/** The same as its instances have it: their schemas break where the caller's do not. */
const served = defineAgent({
  name: "clumsy",
  version: "1.0.0",
  skills: {
    read: skill({ input: broken, output: z.string() }),
    write: skill({ input: z.string(), output: broken }),
    count: skill({ input: z.string(), frames: z.number() }),
  },
});

const streams: Readonly<Record<string, () => unknown>> = {
  unbegun: () => ({
    [Symbol.asyncIterator]: () => {
      throw new TypeError(secret);
    },
  }),
  nothing: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => null }) }),
  promise: async () => {
    throw new TypeError(secret);
  },
};

const handlers = {
  read: (text: string) => {
    if (text === "fail") throw new TypeError(secret);
    return text;
  },
  write: (text: string) => text,
  count: (what: string) => streams[what]?.() as AsyncIterable<number>,
};

async function failure(call: Promise<unknown>): Promise<MeshError> {
  const thrown: unknown = await call.then(
    (value) => assert.fail(`it answered ${String(value)}`),
    (error: unknown) => error,
  );
  assert.ok(isMeshError(thrown), String(thrown));
  assert.doesNotMatch(thrown.message, /hunter2/);
  return thrown;
}

const first = (frames: AsyncIterable<unknown>) => frames[Symbol.asyncIterator]().next();

/** A logger that does this with errors. */
function logging(error: Logger["error"]): Logger {
  const quiet = () => {};
  return { debug: quiet, info: quiet, warn: quiet, error };
}

test("what a schema of the agent's throws is told its log, and not its caller", async () => {
  await using mesh = await startMesh();
  const told: unknown[] = [];
  const logger = logging((fields, text) => told.push([String(fields["err"]), text]));
  await mesh.serve(served, handlers, { logger });
  const client = (await mesh.connect("ops")).client(clumsy);
  assert.equal((await failure(client.read("break"))).code, "invalid_input");
  assert.equal((await failure(client.write("break"))).code, "invalid_output");
  assert.deepEqual(told, [
    [`RangeError: ${secret}`, "clumsy.read does not keep its contract"],
    [`RangeError: ${secret}`, "clumsy.write does not keep its contract"],
  ]);
  assert.equal(await client.read("fine"), "fine");
});

test("a streaming handler that gives no stream fails its call, and nothing else", async () => {
  await using mesh = await startMesh();
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  const agent = await mesh.serve(served, handlers);
  const client = (await mesh.connect("ops")).client(clumsy);
  for (const what of ["unbegun", "nothing"]) {
    assert.equal((await failure(first(client.count(what)))).code, "handler_failed", what);
  }
  const { code, message } = await failure(first(client.count("promise")));
  assert.equal(code, "invalid_output");
  assert.match(message, /gave a promise/);
  assert.equal(await client.read("fine"), "fine");
  process.off("unhandledRejection", onUnhandled);
  assert.deepEqual(unhandled, []);
  assert.equal(agent.metrics.snapshot().served[0]?.inFlight, 0);
});

test("a logger that throws changes nothing for the caller", async () => {
  await using mesh = await startMesh();
  const logger = logging(() => {
    throw new RangeError("the disk is full");
  });
  await mesh.serve(served, handlers, { logger });
  const client = (await mesh.connect("ops")).client(clumsy);
  assert.equal((await failure(client.read("fail"))).code, "handler_failed");
  assert.equal((await failure(client.read("break"))).code, "invalid_input");
  assert.equal((await failure(first(client.count("unbegun")))).code, "handler_failed");
  assert.equal((await failure(first(client.count("nothing")))).code, "handler_failed");
  assert.equal(await client.read("fine"), "fine");
});
