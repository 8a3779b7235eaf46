import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAgent, type Handlers, skill } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { z } from "zod";
import {
  audit,
  recordedCalls,
  sandbox,
  scribe,
  scribing,
  serveScribe,
  startRecorded,
} from "../../support/recorded.ts";
import { replay } from "../../support/replay-command.ts";

const helper = defineAgent({
  name: "helper",
  version: "1.0.0",
  skills: { help: skill({ input: z.object({}), output: z.object({}) }) },
});

test("replay keeps the time between two as it was recorded, and --speed makes it so many times as fast", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  await (await home.connect("sandbox")).serve(sandbox, scribing("sandbox"));
  const { ask } = (await home.connect("boss")).client(scribe);
  await ask({ text: "first" });
  const second = performance.now() + 1_000;
  await eventually("a second has passed", () => performance.now() >= second);
  await ask({ text: "second" });
  await using recordings = await audit(home);
  const [one, two] = await recordedCalls(recordings, { skill: "ask" }, 2);
  const gapMs = Number(two?.at) - Number(one?.at);
  // A run is no shorter than what it waits; how much longer it takes is the machine's.
  for (const [speed, waitedMs] of [
    [[], gapMs],
    [["--speed", "0.5"], gapMs * 2],
    [["--speed", "2x"], gapMs / 2],
  ] as const) {
    const begunAt = performance.now();
    const { exit, out, err } = await replay(home, ["--skill", "ask", "--to", "sandbox", ...speed]);
    const tookMs = performance.now() - begunAt;
    assert.equal(exit, 0, err);
    assert.match(out, new RegExp(`:${one?.sequence} [^]*:${two?.sequence} `));
    assert.ok(tookMs > waitedMs - 20, `${speed.join(" ")}: ${tookMs} ms, not ${waitedMs}`);
  }
});

test("replay lets what it does reach others with --onward alone", async () => {
  await using home = await startRecorded();
  const helped: unknown[] = [];
  await (await home.connect("helper")).serve(helper, {
    help: (_input, ctx) => {
      helped.push([ctx.caller, ctx.replay?.onward]);
      return {};
    },
  });
  const ask: Handlers<typeof scribe>["ask"] = async ({ text }, ctx) => {
    await ctx.client(helper).help({});
    return { summary: text, by: "somebody" };
  };
  await serveScribe(home);
  await (await home.connect("sandbox")).serve(sandbox, scribing("sandbox", ask));
  await (await home.connect("boss")).client(scribe).ask({ text: "please" }, { id: "call-1" });
  await using recordings = await audit(home);
  await recordedCalls(recordings, { task: "call-1" }, 1);
  const args = ["--task", "call-1", "--to", "sandbox"];
  assert.equal((await replay(home, args)).exit, 1);
  assert.deepEqual(helped, []);
  const { exit, err } = await replay(home, [...args, "--onward"]);
  assert.equal(exit, 0, err);
  assert.deepEqual(helped, [["sandbox", true]]);
});

test("replay asks the very agent that was recorded with --live alone", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "in earnest" }, { id: "call-1" });
  await using recordings = await audit(home);
  await recordedCalls(recordings, { task: "call-1" }, 1);
  const args = ["--task", "call-1", "--to", "scribe", "--json"];
  const refused = await replay(home, args);
  assert.deepEqual([refused.exit, refused.out], [2, ""]);
  const { exit, out, err } = await replay(home, [...args, "--live"]);
  assert.equal(exit, 0, err);
  assert.deepEqual(JSON.parse(out).replayed.frames, [{ summary: "in ea", by: "scribe" }]);
  // It came to scribe, marked as what it is.
  const again = await recordedCalls(recordings, { caller: "audrey", replays: true }, 1);
  assert.deepEqual(
    again.map(({ agent, replay }) => [agent, replay?.onward]),
    [["scribe", false]],
  );
});
