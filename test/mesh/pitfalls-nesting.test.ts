import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, isMeshError, MeshCode, skill } from "@myelin/mesh";
import { eventually, startMesh, type TestMesh } from "@myelin/mesh/testing";
import { z } from "zod";
import { lab, labour, Notes } from "../support/lab.ts";
import { movedMs } from "../support/moved.ts";

const pace = z.object({ everyMs: z.number() });

/** Passes on what the lab streams; `sum` reads it to an end that never comes. */
const relay = defineAgent({
  name: "relay",
  version: "1.0.0",
  skills: {
    tick: skill({ input: pace, frames: z.number() }),
    sum: skill({ input: pace, output: z.number(), deadlineMs: 300 }),
  },
});

async function stage(mesh: TestMesh): Promise<Notes> {
  const notes = new Notes();
  await mesh.serve(lab, labour(notes));
  await mesh.serve(relay, {
    tick: (input, ctx) => ctx.client(lab).tick(input),
    sum: async (input, ctx) => {
      let sum = 0;
      for await (const tick of ctx.client(lab).tick(input)) sum += tick;
      return sum;
    },
  });
  return notes;
}

test("leaving a stream that is passed on ends the one behind it, also between two frames", async () => {
  await using mesh = await startMesh();
  const notes = await stage(mesh);
  const client = (await mesh.connect("ops")).client(relay);
  for (const everyMs of [1, 60_000]) {
    for await (const _ of client.tick({ everyMs })) break;
    const left = movedMs();
    await eventually("the last producer ends", () => notes.ticking === 0, { everyMs: 2 });
    assert.ok(movedMs() - left < 500);
  }
});

test("a deadline ends the streams that are read for its call", async () => {
  await using mesh = await startMesh();
  const notes = await stage(mesh);
  const client = (await mesh.connect("ops")).client(relay);
  await assert.rejects(client.sum({ everyMs: 5 }), (error) =>
    isMeshError(error, MeshCode.DeadlineExceeded),
  );
  await eventually("the producer ends", () => notes.ticking === 0);
});

test("when who passes a stream on is closed, both its reader and its producer learn it", async () => {
  await using mesh = await startMesh();
  const notes = await stage(mesh);
  const client = (await mesh.connect("ops")).client(relay);
  const frames = client.tick({ everyMs: 5 })[Symbol.asyncIterator]();
  await frames.next();
  const read = assert.rejects(async () => {
    while ((await frames.next()).done !== true);
  }, isMeshError);
  await mesh.connections.find(({ name }) => name === relay.name)?.close();
  await read;
  await eventually("the producer ends", () => notes.ticking === 0);
});

test("one agent called from two conversations keeps them apart: path, id and who gave up", async () => {
  await using mesh = await startMesh();
  const aside = defineAgent({
    name: "aside",
    version: "1.0.0",
    skills: {
      tell: skill({
        input: z.object({ hold: z.boolean() }),
        output: z.object({ id: z.string(), path: z.array(z.string()) }),
      }),
    },
  });
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const aborted: string[] = [];
  await mesh.serve(aside, {
    tell: async ({ hold }, { id, path, signal }) => {
      signal.addEventListener("abort", () => aborted.push(id));
      if (hold) await held;
      return { id, path: [...path] };
    },
  });
  const [one, two] = [await mesh.connect("one"), await mesh.connect("two")];
  const controller = new AbortController();
  const given = one.client(aside).tell({ hold: true }, { id: "first", signal: controller.signal });
  const gaveUp = assert.rejects(given, (error) => isMeshError(error, MeshCode.Cancelled));
  const kept = two.client(aside).tell({ hold: true }, { id: "second" });
  assert.deepEqual(await two.client(aside).tell({ hold: false }, { id: "third" }), {
    id: "third",
    path: ["two"],
  });
  controller.abort();
  await gaveUp;
  await eventually("the one is told", () => aborted.length > 0);
  release();
  assert.deepEqual(await kept, { id: "second", path: ["two"] });
  assert.deepEqual(aborted, ["first"]);
});
