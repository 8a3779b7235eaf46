import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, defineAgent, MeshCode, serve, skill } from "@myelin/mesh";
import { startMesh, type TestMesh } from "@myelin/mesh/testing";
import { connect as connectPlain, headers } from "@nats-io/transport-node";
import protobuf from "protobufjs";
import { z } from "zod";
import { Stage } from "../support/greeter.ts";

const source = `
  syntax = "proto3";
  package sums;
  message Numbers { repeated int32 values = 1; string note = 2; }
  message Sum { int64 total = 1; }
`;

const sums = defineAgent({
  name: "sums",
  version: "1.0.0",
  protobuf: source,
  skills: {
    add: skill({
      input: z.object({ values: z.array(z.number().int()), note: z.string().default("") }),
      output: z.object({ total: z.number() }),
      messages: { input: "sums.Numbers", output: "sums.Sum" },
    }),
    running: skill({
      input: z.object({ values: z.array(z.number().int()) }),
      frames: z.object({ total: z.number() }),
      messages: { input: "sums.Numbers", output: "sums.Sum" },
    }),
  },
});

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

async function startSums({ access }: TestMesh) {
  return serve(
    sums,
    {
      add: ({ values }) => ({ total: total(values) }),
      running: async function* ({ values }) {
        for (let at = 1; at <= values.length; at++) yield { total: total(values.slice(0, at)) };
      },
    },
    access,
  );
}

test("a contract that names protobuf messages speaks protobuf, answers and frames alike", async () => {
  await using server = await startMesh();
  await using _agent = await startSums(server);
  await using me = await connect({ name: "me", ...server.access });
  const client = me.client(sums);
  assert.deepEqual(await client.add({ values: [1, 2, 3] }), { total: 6 });
  const frames: number[] = [];
  for await (const frame of client.running({ values: [1, 2, 3] })) frames.push(frame.total);
  assert.deepEqual(frames, [1, 3, 6]);
});

test("the bytes on the wire are protobuf, with their content type", async () => {
  await using server = await startMesh();
  await using _agent = await startSums(server);
  const plain = await connectPlain(await server.options("ops"));
  try {
    const { root } = protobuf.parse(source);
    const numbers = root.lookupType("sums.Numbers");
    const given = headers();
    given.set("Content-Type", "application/protobuf");
    const bytes = numbers.encode(numbers.create({ values: [4, 5] })).finish();
    const reply = await plain.request("mesh.call.sums.add.any.ops", bytes, {
      headers: given,
      timeout: 20_000,
    });
    assert.equal(reply.headers?.get("Content-Type"), "application/protobuf");
    assert.equal(
      Number(
        root.lookupType("sums.Sum").toObject(root.lookupType("sums.Sum").decode(reply.data))[
          "total"
        ],
      ),
      9,
    );
  } finally {
    await plain.close();
  }
});

test("a plain client may send JSON to a protobuf skill and gets JSON", async () => {
  await using server = await startMesh();
  await using _agent = await startSums(server);
  const plain = await connectPlain(await server.options("ops"));
  try {
    const reply = await plain.request("mesh.call.sums.add.any.ops", '{"values":[1,1]}', {
      timeout: 20_000,
    });
    assert.deepEqual(reply.json(), { total: 2 });
  } finally {
    await plain.close();
  }
});

test("protobuf that cannot be read is malformed_payload, and the agent stays up", async () => {
  await using server = await startMesh();
  await using _agent = await startSums(server);
  const plain = await connectPlain(await server.options("ops"));
  try {
    const given = headers();
    given.set("Content-Type", "application/protobuf");
    const reply = await plain.request(
      "mesh.call.sums.add.any.ops",
      new Uint8Array([255, 255, 255]),
      { headers: given, timeout: 20_000 },
    );
    assert.equal(reply.headers?.get("Mesh-Error"), "malformed_payload");
    assert.equal(
      (
        await plain.request("mesh.call.sums.add.any.ops", '{"values":[]}', { timeout: 20_000 })
      ).string(),
      '{"total":0}',
    );
  } finally {
    await plain.close();
  }
});

test("a contract whose protobuf lacks a message it names is refused when it is used", async () => {
  await using server = await startMesh();
  const wrong = defineAgent({
    name: "wrong",
    version: "1.0.0",
    protobuf: source,
    skills: {
      x: skill({
        input: z.object({}),
        output: z.object({}),
        messages: { input: "sums.Nope", output: "sums.Sum" },
      }),
    },
  });
  await assert.rejects(serve(wrong, { x: () => ({}) }, { ...server.access }), {
    code: MeshCode.InvalidArgument,
    message: /sums\.Nope/,
  });
});

test("an input over the server's limit is payload_too_large before it leaves, and nothing else breaks", async () => {
  await using stage = await Stage.start({ config: "max_payload: 4096" });
  await assert.rejects(stage.client.echo({ text: "x".repeat(5_000) }), {
    code: MeshCode.PayloadTooLarge,
    origin: "here",
    message: /4096/,
  });
  assert.deepEqual(await stage.client.echo({ text: "x" }), { text: "x" });
});

test("an answer over the server's limit is payload_too_large at the caller", async () => {
  await using server = await startMesh({ config: "max_payload: 4096" });
  const writer = defineAgent({
    name: "writer",
    version: "1.0.0",
    skills: {
      write: skill({ input: z.object({ bytes: z.number() }), output: z.string() }),
      pages: skill({ input: z.object({ bytes: z.number() }), frames: z.string() }),
    },
  });
  await using _agent = await serve(
    writer,
    {
      write: ({ bytes }) => "x".repeat(bytes),
      pages: async function* ({ bytes }) {
        yield "first";
        yield "x".repeat(bytes);
      },
    },
    { ...server.access },
  );
  await using me = await connect({ name: "me", ...server.access });
  const client = me.client(writer);
  await assert.rejects(client.write({ bytes: 5_000 }), {
    code: MeshCode.PayloadTooLarge,
    origin: "peer",
  });
  assert.equal((await client.write({ bytes: 10 })).length, 10);
  await assert.rejects(
    async () => {
      for await (const _ of client.pages({ bytes: 5_000 }));
    },
    { code: MeshCode.PayloadTooLarge },
  );
});
