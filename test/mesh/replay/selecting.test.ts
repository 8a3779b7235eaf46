import assert from "node:assert/strict";
import { test } from "node:test";
import type { Recorded } from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import type { HomeMesh } from "../../support/home-mesh.ts";
import {
  audit,
  recordedCalls,
  recordedMesh,
  sandbox,
  scribe,
  scribing,
  serveScribe,
  startRecorded,
} from "../../support/recorded.ts";
import { replay } from "../../support/replay-command.ts";

/** Makes three calls of a scribe, one of a sandbox, and a replay; each is later than the one before. */
async function callAll(home: HomeMesh): Promise<Readonly<Record<string, Recorded>>> {
  await (await home.connect("sandbox")).serve(sandbox, scribing("sandbox"));
  await serveScribe(home);
  await using recordings = await audit(home);
  const found: Record<string, Recorded> = {};
  const add = async (id: string, call: () => Promise<unknown>): Promise<void> => {
    await call();
    const [one] = await recordedCalls(recordings, { task: id }, 1);
    if (one !== undefined) found[id] = one;
    // Times are told in milliseconds: each has one of its own.
    const stored = Date.now();
    await eventually("the clock has moved on", () => Date.now() > stored);
  };
  const boss = (await home.connect("boss")).client(scribe);
  const mallory = (await home.connect("mallory")).client(scribe);
  const audrey = (await home.connect("audrey")).client(sandbox);
  await add("first", () => boss.ask({ text: "1" }, { id: "first" }));
  await add("second", () => mallory.sum({ text: "2" }, { id: "second" }));
  await add("third", async () => {
    for await (const _word of boss.words({ text: "3" }, { id: "third" }));
  });
  // The sandbox may not have heard yet that it is recorded.
  await eventually("a replay is recorded", async () => {
    const into = { agent: "sandbox" };
    for await (const _one of recordings.replay({ task: "first" }, { into, speed: "unpaced" }));
    for await (const one of recordings.select({ agent: "sandbox", replays: true })) {
      if (one.answer !== undefined) return true;
    }
    return false;
  });
  await add("tried", () => audrey.sum({ text: "4" }, { id: "tried" }));
  return found;
}

/** What a call is here: by its id, where the test gave it one. */
function nameOf({ id, replay, payload }: { id: string; replay?: object; payload: unknown }) {
  if (replay !== undefined) return "replay";
  return (payload as { readonly text?: string }).text === "probe" ? "probe" : id;
}

test("each word of replay keeps what it names, and drops the rest", async () => {
  await using home = await startRecorded(recordedMesh("recording: { agents: [scribe, sandbox] }"));
  const { first, third } = await callAll(home);
  const all = ["probe", "first", "second", "third", "tried"];
  const words: readonly (readonly [words: readonly string[], kept: readonly string[]])[] = [
    [[], all],
    [["--trace", first?.traceId ?? ""], ["first"]],
    [["--task", "second"], ["second"]],
    [["--agent", "sandbox"], ["tried"]],
    [["--skill", "ask"], ["first"]],
    [["--caller", "mallory"], ["second"]],
    [["--subject", "mesh.call.*.words.>"], ["third"]],
    [
      ["--until", first?.storedAt.toISOString() ?? ""],
      ["probe", "first"],
    ],
    [
      ["--since", third?.storedAt.toISOString() ?? ""],
      ["third", "tried"],
    ],
    [["--most", "1"], ["probe"]],
    [["--replays"], [...all.slice(0, -1), "replay", "tried"]],
  ];
  for (const [args, kept] of words) {
    const { exit, out, err } = await replay(home, [...args, "--json"]);
    assert.equal(exit, 0, err);
    const shown = out.trim().split("\n");
    const names = shown.map((line) => nameOf(JSON.parse(line)));
    // Calls are asked again until they are recorded: of those there may be several.
    assert.deepEqual([...new Set(names)], kept, args.join(" "));
    if (args.includes("--most")) assert.equal(shown.length, 1);
  }
});
