import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, event, on } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { mostMessageBytes } from "@myelin/subjects";
import { z } from "zod";
import { copier, copierHandlers, digestOf, textOf } from "../../support/copier.ts";

const press = defineAgent({
  name: "press",
  version: "1.0.0",
  skills: {},
  events: { printed: event({ data: z.object({ text: z.string() }) }) },
});
const policy = `version: 1
workspaces:
  desk:
    agents:
      copier: { skills: [copy, weigh, fill, pages, secret, secrets] }
      boss: { submits: [copier.*], calls: [copier.*] }
      press: { publishes: [printed] }
      reader: { follows: { pages: { from: beginning, events: [press.*] } } }
    roles:
      keeper: { members: [keeper] }
`;
// Streams take a mebibyte in one message all the same.
const wide = { jetstream: true, policy, config: "max_payload: 8388608" } as const;
const tasks = { attempts: 2, firstDelayMs: 20, maxDelayMs: 50 };
const patience = { timeoutMs: 60_000 };

test("where the server takes more in a message than streams do, large tasks and events are kept beside them", async () => {
  await using mesh = await startMesh(wide);
  await mesh.serve(copier, copierHandlers, { tasks });
  const boss = await mesh.connect("boss");
  for (const characters of [3_000_000, mostMessageBytes - 2_000]) {
    const text = textOf(characters);
    const task = await boss.client(copier).copy.submit({ text });
    assert.equal(digestOf((await task.result(patience)).text), digestOf(text));
  }
  const seen: string[] = [];
  const reader = await mesh.connect("reader");
  await reader.follow("pages", [
    on(press, "printed", ({ text }) => void seen.push(digestOf(text))),
  ]);
  const text = textOf(3_000_000, 2);
  await (await mesh.connect("press")).publish(press, "printed", { text });
  await eventually("it has come", () => seen.length === 1, patience);
  assert.deepEqual(seen, [digestOf(text)]);
});

test("there a task of nearly a whole message that fails ends all the same", async () => {
  await using mesh = await startMesh(wide);
  const copy = (): never => {
    throw new TypeError("no ink");
  };
  await mesh.serve(copier, { ...copierHandlers, copy }, { tasks });
  const { copy: copying } = (await mesh.connect("boss")).client(copier);
  for (const spare of [1_500, 2_500, 20_000]) {
    const task = await copying.submit({ text: textOf(mostMessageBytes - spare) });
    await assert.rejects(task.result(patience), { code: "handler_failed" });
  }
});

test("there a conversation that is full drops its oldest turns", async () => {
  await using mesh = await startMesh(wide);
  const turns: number[] = [];
  await mesh.serve(copier, {
    ...copierHandlers,
    weigh: async ({ text }, ctx) => {
      const { turns: kept } = await ctx
        .conversation()
        .update(() => ({ role: "user", content: text }));
      turns.push(kept.length);
      return { characters: text.length, sha256: "" };
    },
  });
  const { weigh } = (await mesh.connect("boss")).client(copier);
  for (let turn = 0; turn < 15; turn++) {
    await weigh({ text: textOf(100_000, turn) }, { conversation: "long" });
  }
  assert.deepEqual([turns[0], turns[8], turns[14]], [1, 9, 10]);
});
