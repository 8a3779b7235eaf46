import assert from "node:assert/strict";
import { test } from "node:test";
import { type Context, defineAgent, isMeshError, MeshCode, skill } from "@myelin/mesh";
import { Store } from "@myelin/subjects";
import { z } from "zod";
import { left } from "../../support/durable-facts.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import {
  replayed,
  sandbox,
  scribe,
  scribing,
  serveScribe,
  startRecorded,
} from "../../support/recorded.ts";

/** Somebody else, whose frames a handler asks for. */
const helper = defineAgent({
  name: "helper",
  version: "1.0.0",
  skills: { help: skill({ input: z.object({}), frames: z.object({}) }) },
});

const drain = async (frames: AsyncIterable<unknown>): Promise<void> => {
  for await (const _frame of frames);
};

/** Whatever a handler can write, or ask of others, beside a call and a task. */
const writes: Readonly<Record<string, (ctx: Context) => Promise<unknown>>> = {
  "putting the artifact page": ({ artifacts }) => artifacts.put("page", "three"),
  "rolling back the artifact page": ({ artifacts }) => artifacts.rollBack("page", 1),
  "appending to a conversation": (ctx) =>
    ctx.conversation("notes").append({ role: "user", content: "again" }),
  "adding to a conversation": (ctx) =>
    ctx.conversation("notes").update(() => ({ role: "user", content: "again" })),
  "emptying a conversation": (ctx) => ctx.conversation("notes").clear(),
  "calling helper.help": (ctx) => drain(ctx.client(helper).help({})),
  "scheduling sandbox.sum": (ctx) =>
    ctx.client(sandbox).sum.schedule({ text: "daily" }, { cron: "0 6 * * *", id: "daily" }),
};

/** Where each of these would be found. */
const streams = [Store.artifacts, Store.conversations, Store.later, Store.schedules, Store.tasks];

const stored = (home: HomeMesh) => Promise.all(streams.map((stream) => left(home, stream)));

test("what a replayed handler would write, stream or schedule is refused, and nothing is stored", async () => {
  await using home = await startRecorded();
  let helped = 0;
  await (await home.connect("helper")).serve(helper, {
    async *help() {
      helped++;
      yield {};
    },
  });
  const outcomes = new Map<string, string>();
  const mesh = await home.connect("sandbox");
  const trying = scribing("sandbox", async ({ text }, ctx) => {
    const { onward } = ctx.replay ?? {};
    const all = { ...writes, ...(onward ? {} : { "listing schedules": listing }) };
    for (const [what, write] of Object.entries(all)) {
      const outcome = await write(ctx as Context).then(() => "done", refusal);
      outcomes.set(what, outcome);
    }
    return { summary: text, by: "sandbox" };
  });
  await mesh.serve(sandbox, trying);
  await mesh.artifacts.put("page", "one");
  await mesh.artifacts.put("page", "two");
  await mesh.conversation("notes").append({ role: "user", content: "in earnest" });
  await serveScribe(home);
  await (await home.connect("boss")).client(scribe).ask({ text: "try" }, { id: "call-1" });
  const selected = { selection: { task: "call-1" }, many: 1 };
  const before = await stored(home);
  const [kept] = await replayed(home, selected, { into: { agent: "sandbox" } });
  assert.equal(kept?.answer?.error, undefined);
  const names = [...Object.keys(writes), "listing schedules"];
  assert.deepEqual(
    Object.fromEntries(outcomes),
    Object.fromEntries(names.map((what) => [what, "refused: this is a replay"])),
  );
  assert.deepEqual(await stored(home), before);
  assert.equal(helped, 0);
  // That it was the replay, and no missing right or stream, is what the same handler shows when it is let out.
  outcomes.clear();
  await replayed(home, selected, { into: { agent: "sandbox", onward: true } });
  assert.deepEqual(
    Object.fromEntries(outcomes),
    Object.fromEntries(Object.keys(writes).map((what) => [what, "done"])),
  );
  assert.equal(helped, 1);
});

function listing(ctx: Context): Promise<void> {
  return drain(ctx.client(sandbox).sum.schedules());
}

function refusal(error: unknown): string {
  const isReplay =
    isMeshError(error, MeshCode.PermissionDenied) && /this is a replay of/.test(error.message);
  return isReplay ? "refused: this is a replay" : String(error);
}
