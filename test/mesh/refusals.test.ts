import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, defineAgent, MeshCode, serve, skill } from "@myelin/mesh";
import { z } from "zod";
import { greeter, Stage } from "../support/greeter.ts";

test("a name that is no token is refused before anything is connected", async () => {
  for (const name of ["*", "a.b", ">", "Upper", "", "x".repeat(64), "-a", "a b"]) {
    await assert.rejects(connect({ name }), { code: MeshCode.InvalidName });
    assert.throws(() => defineAgent({ name, version: "1.0.0", skills: {} }), {
      code: MeshCode.InvalidName,
    });
  }
});

test("options out of range are refused with their path, what is allowed and what came", async () => {
  const refused = { code: MeshCode.InvalidArgument };
  await assert.rejects(connect({ name: "me", retry: { attempts: 0 } }), {
    ...refused,
    message: /retry\.attempts.*got 0/,
  });
  await assert.rejects(connect({ name: "me", servers: [] }), refused);
  assert.throws(() => skill({ input: z.object({}), output: z.object({}), deadlineMs: -1 }), {
    ...refused,
    message: /deadlineMs.*got -1/,
  });
  assert.throws(() => defineAgent({ name: "a", version: "one", skills: {} }), refused);
  await using stage = await Stage.start();
  await assert.rejects(stage.client.echo({ text: "" }, { timeoutMs: 0 }), refused);
  await assert.rejects(stage.client.echo({ text: "" }, { id: "a b" }), refused);
});

test("a contract is served once per connection, under its own name, with all its handlers", async () => {
  await using stage = await Stage.start();
  const refused = { code: MeshCode.InvalidArgument };
  await assert.rejects(stage.me.serve(greeter, {} as never), refused);
  await assert.rejects(
    serve(greeter, { greet: () => ({ text: "" }) } as never, { ...stage.mesh.access }),
    {
      ...refused,
      message: /no handler for wait, count, echo/,
    },
  );
});
