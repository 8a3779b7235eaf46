import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, isMeshError, MeshCode, skill } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { z } from "zod";
import { LeapingClock } from "../support/leaping-clock.ts";

const minute = 60_000;
const none = z.object({});

/** An agent that thinks for as long as a person may take. */
const thinker = defineAgent({
  name: "thinker",
  version: "1.0.0",
  skills: {
    think: skill({ input: none, output: z.string(), deadlineMs: 10 * minute }),
    ponder: skill({
      input: none,
      frames: z.string(),
      deadlineMs: 10 * minute,
      idleMs: 20 * minute,
    }),
    ping: skill({ input: none, output: z.null() }),
    /** The longest there is. */
    wait: skill({ input: none, output: z.string(), deadlineMs: 2_147_483_647 }),
  },
});

/** A thought that ends when the test says so. */
class Thought {
  begun = 0;
  end: (text: string) => void = () => {};

  think(): Promise<string> {
    this.begun++;
    return new Promise((resolve) => {
      this.end = resolve;
    });
  }
}

async function stage() {
  const mesh = await startMesh();
  const clock = new LeapingClock();
  const thought = new Thought();
  const handlers = {
    think: () => thought.think(),
    wait: () => thought.think(),
    ping: () => null,
    ponder: async function* () {
      yield await thought.think();
      yield await thought.think();
    },
  };
  await mesh.serve(thinker, handlers, { clock });
  const caller = await mesh.connect("ops", { clock });
  const client = caller.client(thinker);
  // What was sent before a call is heard before it: nobody is taken for dead because time goes faster than messages.
  const leap = (ms: number, leaps: number) => clock.leap(ms, leaps, () => client.ping({}));
  return { mesh, leap, thought, client };
}

test("a call of ten minutes is not cut anywhere before, and is then", async () => {
  const { mesh, leap, thought, client } = await stage();
  await using _ = mesh;
  const answer = client.think({});
  await eventually("it thinks", () => thought.begun === 1);
  await leap(10 * minute - 1_000, 100);
  thought.end("done");
  assert.equal(await answer, "done");
  const late = assert.rejects(client.think({}), (error) =>
    isMeshError(error, MeshCode.DeadlineExceeded),
  );
  await eventually("it thinks again", () => thought.begun === 2);
  await leap(10 * minute + 1_000, 100);
  await late;
});

test("a stream may be silent for its whole idle limit, before its first frame and between two", async () => {
  const { mesh, leap, thought, client } = await stage();
  await using _ = mesh;
  const frames = client.ponder({})[Symbol.asyncIterator]();
  const silences = [9.5 * minute, 19.5 * minute];
  for (const [at, silence] of silences.entries()) {
    const frame = frames.next();
    await eventually("it thinks", () => thought.begun === at + 1);
    await leap(silence, 100);
    thought.end(`${at}`);
    assert.deepEqual(await frame, { value: `${at}`, done: false });
  }
  assert.equal((await frames.next()).done, true);
});

test("a deadline of weeks is kept, and a longer one is refused with what is allowed", async () => {
  const { mesh, leap, thought, client } = await stage();
  await using _ = mesh;
  const answer = client.wait({});
  await eventually("it waits", () => thought.begun === 1);
  await leap(24 * 24 * 60 * minute, 100);
  thought.end("done");
  assert.equal(await answer, "done");
  for (const timeoutMs of [2_147_483_648, Number.POSITIVE_INFINITY, Number.NaN, 0, -1]) {
    await assert.rejects(client.wait({}, { timeoutMs }), /timeoutMs must be .* at most 2147483647/);
  }
});
