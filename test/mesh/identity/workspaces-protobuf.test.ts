import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, skill } from "@myelin/mesh";
import { startMesh } from "@myelin/mesh/testing";
import { z } from "zod";

const policy = `
version: 1
workspaces:
  desk:
    agents: { sums: { skills: [add, running] } }
    shares:
      - { skill: sums.add, with: [sales] }
      - { skill: sums.running, with: [sales] }
  sales:
    agents: { pricer: { skills: [], calls: [desk/sums.add, desk/sums.running] } }
`;

const values = z.object({ values: z.array(z.number().int()) });
const total = z.object({ total: z.number() });

const sums = defineAgent({
  name: "sums",
  version: "1.0.0",
  protobuf: `
    syntax = "proto3";
    package sums;
    message Numbers { repeated int32 values = 1; }
    message Sum { int64 total = 1; }
  `,
  skills: {
    add: skill({
      input: values,
      output: total,
      messages: { input: "sums.Numbers", output: "sums.Sum" },
    }),
    running: skill({
      input: values,
      frames: total,
      messages: { input: "sums.Numbers", output: "sums.Sum" },
    }),
  },
});

test("protobuf crosses, and frames that are empty on the wire do not end a stream", async () => {
  await using mesh = await startMesh({ policy });
  await mesh.serve(sums, {
    add: ({ values }) => ({ total: values.reduce((sum, value) => sum + value, 0) }),
    async *running({ values }) {
      for (const value of values) yield { total: value };
    },
  });
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  const client = pricer.client(sums, { workspace: "desk" });
  assert.deepEqual(await client.add({ values: [1, 2, 3] }), { total: 6 });
  assert.deepEqual(await client.add({ values: [] }), { total: 0 });
  const frames: number[] = [];
  for await (const frame of client.running({ values: [0, 0, 7, 0] })) frames.push(frame.total);
  assert.deepEqual(frames, [0, 0, 7, 0]);
});
