import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, defineAgent, MeshCode, serve, skill } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { z } from "zod";
import { Stage } from "../support/greeter.ts";
import { LeapingClock } from "../support/leaping-clock.ts";
import { movedMs } from "../support/moved.ts";
import { quickest } from "../support/quickest.ts";

test("a stream brings every frame in order and then ends", async () => {
  await using stage = await Stage.start();
  const frames: number[] = [];
  for await (const n of stage.client.count({ to: 10_000 })) frames.push(n);
  assert.deepEqual(
    frames,
    Array.from({ length: 10_000 }, (_, at) => at + 1),
  );
});

test("a stream without frames just ends", async () => {
  await using stage = await Stage.start();
  for await (const _ of stage.client.count({ to: 0 })) assert.fail("there is no frame");
});

test("a reader that waits holds its producer back", async () => {
  await using stage = await Stage.start();
  const frames = stage.client.count({ to: 1_000_000 })[Symbol.asyncIterator]();
  await frames.next();
  let last = -1;
  await eventually(
    "the producer stands still",
    () => {
      const still = stage.seen.yielded === last;
      last = stage.seen.yielded;
      return still;
    },
    { everyMs: 100 },
  );
  // A window of 512 KiB at 256 bytes and more a frame.
  assert.ok(last < 2_200, `it ran ahead by ${last} frames`);
  await frames.return?.();
});

test("leaving the loop ends the handler on the far side within 100 ms", async () => {
  await using stage = await Stage.start();
  const tookMs = await quickest(async () => {
    const { left } = stage.seen;
    let from = 0;
    for await (const n of stage.client.count({ to: 1_000_000 })) {
      if (n < 5) continue;
      from = movedMs();
      break;
    }
    await eventually("the handler's finally has run", () => stage.seen.left > left, { everyMs: 1 });
    return movedMs() - from;
  });
  assert.ok(tookMs < 100, `${tookMs} ms`);
});

test("aborting the signal ends a stream on both sides", async () => {
  await using stage = await Stage.start();
  const controller = new AbortController();
  await assert.rejects(
    async () => {
      for await (const n of stage.client.count({ to: 1_000_000 }, { signal: controller.signal })) {
        if (n === 3) controller.abort();
      }
    },
    { code: MeshCode.Cancelled },
  );
  await eventually("the handler has left", () => stage.seen.left === 1);
});

/** Short limits are for those that shall run into them: a machine may stand still for longer. */
async function tell(
  fails: "before" | "after" | "odd" | "hangs" | "never",
  limits: { readonly deadlineMs?: number; readonly idleMs?: number } = {},
): Promise<string[]> {
  const teller = defineAgent({
    name: "teller",
    version: "1.0.0",
    skills: {
      tell: skill({
        input: z.object({ fails: z.enum(["before", "after", "odd", "hangs", "never"]) }),
        frames: z.string(),
        errors: { tired: z.object({ at: z.number() }) },
        ...limits,
      }),
    },
  });
  await using server = await startMesh();
  await using _agent = await serve(
    teller,
    {
      tell: async function* (input, ctx) {
        if (input.fails === "before") ctx.fail("tired", { at: 0 });
        if (input.fails === "never")
          await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
        yield "once";
        if (input.fails === "after") ctx.fail("tired", { at: 1 });
        if (input.fails === "hangs")
          await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
        if (input.fails === "odd") yield 7 as unknown as string;
      },
    },
    { ...server.access },
  );
  await using me = await connect({ name: "me", ...server.access });
  const frames: string[] = [];
  try {
    for await (const frame of me.client(teller).tell({ fails })) frames.push(frame);
  } catch (error) {
    (error as { frames?: string[] }).frames = frames;
    throw error;
  }
  return frames;
}

test("a handler that fails before its first frame fails the call", async () => {
  await assert.rejects(tell("before"), {
    code: MeshCode.DomainError,
    domain: { name: "tired", data: { at: 0 } },
    frames: [],
  });
});

test("a handler that fails under way fails the stream after the frames before", async () => {
  await assert.rejects(tell("after"), { code: MeshCode.DomainError, frames: ["once"] });
});

test("a frame that breaks the contract ends the stream with invalid_output", async () => {
  await assert.rejects(tell("odd"), { code: MeshCode.InvalidOutput, frames: ["once"] });
});

test("the deadline is for the first frame", async () => {
  await assert.rejects(tell("never", { deadlineMs: 300, idleMs: 200 }), {
    code: MeshCode.DeadlineExceeded,
    frames: [],
  });
});

test("silence between frames is bounded by the idle limit", async () => {
  await assert.rejects(tell("hangs", { idleMs: 200 }), {
    code: MeshCode.DeadlineExceeded,
    message: /frame/,
    frames: ["once"],
  });
});

test("a stream longer than its deadline goes on as long as frames come", async () => {
  await using server = await startMesh();
  const ticker = defineAgent({
    name: "ticker",
    version: "1.0.0",
    skills: {
      tick: skill({ input: z.object({}), frames: z.number(), deadlineMs: 100, idleMs: 1_000 }),
    },
  });
  const clock = new LeapingClock();
  let goOn: (() => void) | undefined;
  await using _agent = await serve(
    ticker,
    {
      tick: async function* () {
        for (let n = 0; n < 6; n++) {
          yield n;
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        }
      },
    },
    { ...server.access, clock },
  );
  await using me = await connect({ name: "me", ...server.access, clock });
  let frames = 0;
  for await (const _ of me.client(ticker).tick({})) {
    frames++;
    const next = await eventually("it waits before the next one", () => goOn);
    goOn = undefined;
    await clock.leap(50, 1, () => Promise.resolve());
    next();
  }
  assert.equal(frames, 6);
});

test("a streamed call that is never read sends nothing", async () => {
  await using stage = await Stage.start();
  stage.client.count({ to: 5 });
  assert.deepEqual(await stage.client.echo({ text: "x" }), { text: "x" });
  assert.equal(stage.seen.yielded, 0);
});

test("a streamed call is read once", async () => {
  await using stage = await Stage.start();
  const stream = stage.client.count({ to: 1 });
  for await (const _ of stream);
  assert.throws(() => stream[Symbol.asyncIterator](), { code: MeshCode.InvalidArgument });
});
