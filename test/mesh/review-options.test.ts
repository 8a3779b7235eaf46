import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, defineAgent, isMeshError, MeshCode, skill } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { z } from "zod";
import { lab, labour, Notes } from "../support/lab.ts";

/** As a program without types would pass them. */
const untyped = (value: unknown): never => value as never;

test("options that are given as undefined have their defaults", async () => {
  await using mesh = await startMesh();
  await mesh.serve(lab, labour(), untyped({ concurrency: undefined, queue: undefined }));
  const caller = await mesh.connect(
    "ops",
    untyped({
      retry: { attempts: undefined },
      breaker: { openMs: undefined },
      limit: { queue: undefined },
      logger: undefined,
    }),
  );
  const options = untyped({ timeoutMs: undefined, signal: undefined, id: undefined });
  assert.equal(await caller.client(lab).echo("x", options), "x");
});

test("what a call is given and cannot use is refused with what is allowed, and nothing is sent", async () => {
  await using mesh = await startMesh();
  const agent = await mesh.serve(lab, labour());
  const client = (await mesh.connect("ops")).client(lab);
  const refused = [
    [{ timeoutMs: "5" }, /timeoutMs must be above 0 and at most \d+ milliseconds, got "5"/],
    [{ timeoutMs: Number.NaN }, /timeoutMs must be .* got NaN/],
    [{ signal: {} }, /signal must be an AbortSignal, got object/],
    [{ signal: null }, /signal must be an AbortSignal, got null/],
    [{ id: "a b" }, /id must be .* got "a b"/],
    [{ id: "x".repeat(129) }, /id must be 1 to 128/],
  ] as const;
  for (const [options, why] of refused) {
    await assert.rejects(client.echo("x", untyped(options)), (error) => {
      assert.ok(isMeshError(error, MeshCode.InvalidArgument), String(error));
      assert.match(error.message, why);
      return true;
    });
  }
  assert.deepEqual(agent.metrics.snapshot().served, []);
});

test("a hundred calls may share one signal: Node warns of nothing, and all of them end", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  await mesh.serve(lab, labour(notes), { concurrency: 200 });
  const client = (await mesh.connect("ops")).client(lab);
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => void warnings.push(name);
  process.on("warning", onWarning);
  const controller = new AbortController();
  const { signal } = controller;
  for (let at = 0; at < 50; at++) await client.echo(at, { signal });
  const calls = Array.from({ length: 100 }, () =>
    assert.rejects(client.wait({ ms: 10_000 }, { signal }), (error) =>
      isMeshError(error, MeshCode.Cancelled),
    ),
  );
  await eventually("they run", () => notes.calls === 150);
  controller.abort();
  await Promise.all(calls);
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});

test("a skill that would make its client a promise is refused by name", async () => {
  const plain = skill({ input: z.unknown(), output: z.unknown() });
  assert.throws(
    // biome-ignore lint/suspicious/noThenProperty: that it is refused is what is tested
    () => defineAgent({ name: "odd", version: "1.0.0", skills: { then: plain } }),
    (error) => isMeshError(error, MeshCode.InvalidName) && /promise/.test(error.message),
  );
  await using mesh = await startMesh();
  // Names that every object has are ordinary skills.
  const agent = defineAgent({
    name: "odd",
    version: "1.0.0",
    skills: { constructor: plain, catch: plain, hasownproperty: plain },
  });
  await assert.rejects(
    mesh.serve(agent, untyped({ catch: () => 1, hasownproperty: () => 2 })),
    /no handler for constructor/,
  );
  const echo = (input: unknown) => input;
  await mesh.serve(agent, { constructor: echo, catch: echo, hasownproperty: echo });
  const client = (await mesh.connect("ops")).client(agent);
  assert.equal(await client.constructor(1), 1);
  assert.equal(await client.catch(2), 2);
});

test("two connections of one name are two instances, and an agent may call itself", async () => {
  await using mesh = await startMesh();
  const served = await mesh.serve(lab, labour());
  await using other = await connect({ name: lab.name, ...mesh.access });
  await other.serve(lab, labour());
  assert.notEqual(served.instance, other.instance);
  for (const one of [served, other]) {
    const answers = Array.from({ length: 50 }, (_, at) => one.client(lab).echo(at));
    assert.deepEqual(
      await Promise.all(answers),
      answers.map((_, at) => at),
    );
  }
});
