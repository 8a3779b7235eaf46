import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Contract,
  defineAgent,
  type Handlers,
  isMeshError,
  MeshCode,
  rehearse,
  skill,
} from "@myelin/mesh";
import type { Recorded, ReplayOptions, Selection } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { z } from "zod";
import {
  audit,
  replayed,
  sandbox,
  scribe,
  scribing,
  serveScribe,
  startRecorded,
  text,
} from "../../support/recorded.ts";

test("a call is replayed into a sandbox agent under the auditor's name, and the handler can tell", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const seen: unknown[] = [];
  const mesh = await home.connect("sandbox");
  await mesh.serve(sandbox, {
    ...scribing("sandbox"),
    sum: ({ text }, ctx) => {
      seen.push([text, ctx.caller, ctx.replay?.stream, ctx.replay?.onward]);
      return { summary: text, by: "sandbox" };
    },
  });
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "once" }, { id: "call-1" });
  const [one] = await replayed(
    home,
    { selection: { task: "call-1" }, many: 1 },
    { into: { agent: "sandbox" }, compare: {} },
  );
  assert.deepEqual(seen, [["once", "audrey", "MESH_RECORDS", false]]);
  assert.deepEqual(one?.differences, [{ path: "by", recorded: "scribe", replayed: "sandbox" }]);
});

test("differences that are ignored are not told, and equal answers have none", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  await (await home.connect("sandbox")).serve(sandbox, scribing("sandbox"));
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "once" }, { id: "call-1" });
  await boss
    .client(scribe)
    .sum({ text: "" })
    .catch(() => {});
  const words = boss.client(scribe).words({ text: "one two" });
  for await (const _word of words);
  const done = await replayed(
    home,
    { selection: {}, many: 3 },
    { into: { agent: "sandbox" }, compare: { ignore: ["by"] } },
  );
  assert.deepEqual(
    done.map(({ differences }) => differences),
    [[], [], []],
  );
});

test("a replayed call stays in the sandbox: its onward calls are refused and reach nobody", async () => {
  await using home = await startRecorded();
  const helped: string[] = [];
  const shape = { input: z.object({ text: z.string() }), output: z.object({}) };
  const helper = defineAgent({
    name: "helper",
    version: "1.0.0",
    skills: { help: skill(shape), whisper: skill({ ...shape, sealed: true }) },
  });
  const help: Handlers<typeof helper>["help"] = ({ text }, ctx) => {
    helped.push(`${text} ${ctx.replay?.stream ?? "in earnest"}`);
    return {};
  };
  await (await home.connect("helper")).serve(helper, { help, whisper: help });
  const ask: Handlers<typeof scribe>["ask"] = async ({ text }, ctx) => {
    const others = ctx.client(helper as Contract & typeof helper);
    await others.help({ text });
    await others.whisper({ text: `sealed ${text}` });
    return { summary: text, by: "somebody" };
  };
  await serveScribe(home, { ask });
  await (await home.connect("sandbox")).serve(sandbox, scribing("sandbox", ask));
  await (await home.connect("boss")).client(scribe).ask({ text: "please" }, { id: "call-1" });
  const selected = { selection: { task: "call-1" }, many: 1 };
  const [kept] = await replayed(home, selected, { into: { agent: "sandbox" } });
  assert.equal(kept?.answer?.error?.code, MeshCode.HandlerFailed);
  const earnest = ["please in earnest", "sealed please in earnest"];
  assert.deepEqual(helped, earnest);
  const [let_] = await replayed(home, selected, { into: { agent: "sandbox", onward: true } });
  assert.equal(let_?.answer?.error, undefined);
  const marked = ["please MESH_RECORDS", "sealed please MESH_RECORDS"];
  assert.deepEqual(helped, [...earnest, ...marked]);
});

test("the agent that was recorded is not asked again unless that is said, or another version answers", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "once" }, { id: "call-1" });
  const selected = { selection: { task: "call-1" }, many: 1 };
  await assert.rejects(
    replayed(home, selected, { into: { agent: "scribe" } }),
    (error) => isMeshError(error, MeshCode.InvalidArgument) && /in earnest/.test(error.message),
  );
  const next = await home.connect("scribe");
  await next.serve({ ...scribe, version: "2.0.0" }, scribing("scribe 2"));
  const [one] = await replayed(home, selected, { into: { version: "2.0.0" }, compare: {} });
  assert.deepEqual(one?.differences, [{ path: "by", recorded: "scribe", replayed: "scribe 2" }]);
});

test("a recording is rehearsed in this process, checked as it is served, with others stood in for", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const boss = await home.connect("boss");
  await boss.client(scribe).sum({ text: "once" }, { id: "call-1" });
  await boss
    .client(scribe)
    .sum({ text: "" }, { id: "call-2" })
    .catch(() => {});
  const seen: unknown[] = [];
  const into = rehearse(scribe, {
    ...scribing("debugger"),
    sum: ({ text }, ctx) => {
      seen.push([text, ctx.caller, ctx.replay?.stream]);
      if (text === "") ctx.fail("empty", { text });
      return { summary: text, by: "debugger" };
    },
  });
  const done = await replayed(
    home,
    { selection: {}, many: 2 },
    { into, compare: {}, step: () => "run" },
  );
  assert.deepEqual(seen.slice(-2), [
    ["once", "boss", "MESH_RECORDS"],
    ["", "boss", "MESH_RECORDS"],
  ]);
  assert.deepEqual(
    done.map(({ differences }) => differences),
    [[{ path: "by", recorded: "scribe", replayed: "debugger" }], []],
  );
});

test("stepwise, one is run, one left out, and the rest not begun", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  const boss = await home.connect("boss");
  for (const text of ["a", "b", "c", "d"]) await boss.client(scribe).sum({ text });
  const asked: string[] = [];
  const ran: string[] = [];
  const input = ({ payload }: Recorded): string => JSON.parse(text(payload)).text;
  await replayed(
    home,
    { selection: { caller: "boss" }, many: 4 },
    {
      into: (recorded) => void ran.push(input(recorded)),
      step: (recorded) => {
        const next = input(recorded);
        if (next === "probe") return "skip";
        asked.push(next);
        return next === "b" ? "skip" : next === "d" ? "stop" : "run";
      },
    },
  );
  assert.deepEqual(asked, ["a", "b", "c", "d"]);
  assert.deepEqual(ran, ["a", "c"]);
});

test("a stream is rehearsed frame by frame, and a skill that is not there is told", async () => {
  const into = rehearse(scribe, scribing("debugger"));
  const of = { stream: "MESH_RECORDS", sequence: 1, caller: "boss", id: "c", attempt: 1 };
  const asked = { payload: Buffer.from('{"text":"a b"}'), contentType: "application/json" };
  const frames: unknown[] = [];
  const answer = await into({ ...of, ...asked, skill: "words" });
  for await (const frame of answer as AsyncIterable<unknown>) frames.push(frame);
  assert.deepEqual(frames, [{ word: "a" }, { word: "b" }]);
  await assert.rejects(into({ ...of, ...asked, skill: "sing" }), { code: MeshCode.UnknownSkill });
  const wrong = { ...of, skill: "sum", contentType: "application/json", payload: Buffer.from("{") };
  await assert.rejects(into(wrong), { code: MeshCode.MalformedPayload });
});

test("a task that a replay submits is marked as well, where it may, and not submitted where not", async () => {
  await using home = await startRecorded();
  const ask: Handlers<typeof scribe>["ask"] = async ({ text }, ctx) => {
    const task = await ctx.client(sandbox).sum.submit({ text });
    return task.result({ timeoutMs: 10_000 });
  };
  const seen: unknown[] = [];
  await (await home.connect("sandbox")).serve(
    sandbox,
    {
      ...scribing("sandbox", ask),
      sum: ({ text }, ctx) => {
        seen.push([text, ctx.caller, ctx.replay?.stream]);
        return { summary: text, by: "sandbox" };
      },
    },
    { tasks: {} },
  );
  await serveScribe(home);
  const boss = await home.connect("boss");
  await boss.client(scribe).ask({ text: "please" }, { id: "call-1" });
  const selected = { selection: { task: "call-1" }, many: 1 };
  const [kept] = await replayed(home, selected, { into: { agent: "sandbox" } });
  assert.equal(kept?.answer?.error?.code, MeshCode.HandlerFailed);
  const [onward] = await replayed(home, selected, { into: { agent: "sandbox", onward: true } });
  assert.equal(onward?.answer?.error, undefined);
  assert.deepEqual(seen, [["please", "sandbox", "MESH_RECORDS"]]);
});

test("a replay into a function that never comes back ends with its signal", async () => {
  await using home = await startRecorded();
  await serveScribe(home);
  await (await home.connect("boss")).client(scribe).sum({ text: "once" }, { id: "call-1" });
  const leaving = new AbortController();
  let asked = 0;
  const into = (): Promise<never> => {
    asked++;
    return new Promise(() => {});
  };
  const selected = { selection: { task: "call-1" }, many: 1 };
  const ended: unknown[] = [];
  void replayed(home, selected, { into, signal: leaving.signal }).catch((error: unknown) => {
    ended.push(error);
  });
  await eventually("it is under way", () => asked === 1);
  leaving.abort();
  await eventually("it has ended", () => ended.length === 1);
  assert.ok(isMeshError(ended[0], MeshCode.Cancelled), String(ended[0]));
});

test("what is asked wrongly is refused with what is allowed", async () => {
  await using home = await startRecorded();
  await using recordings = await audit(home);
  const wrong = (selection: Selection) => {
    assert.throws(
      () => recordings.select(selection),
      (error) => isMeshError(error, MeshCode.InvalidArgument),
    );
  };
  wrong({ trace: "abc" });
  wrong({ agent: "*" });
  wrong({ subject: "a b" });
  wrong({ most: 0 });
  wrong({ since: new Date("never") });
  const into = () => undefined;
  assert.throws(() => recordings.replay({}, { into: {} }), /an agent, a version/);
  const run = async (options: ReplayOptions) => {
    for await (const _one of recordings.replay({}, options));
  };
  await assert.rejects(run({ into, speed: 0 }), /replay\.speed must be/);
  await assert.rejects(run({ into, concurrency: 0 }), /replay\.concurrency must be/);
});
