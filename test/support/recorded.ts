import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { defineAgent, type Handlers, type Mesh, skill } from "@myelin/mesh";
import {
  openRecordings,
  type Recorded,
  type Recordings,
  type Replayed,
  type ReplayOptions,
  type Selection,
} from "@myelin/mesh/operate";
import { eventually } from "@myelin/mesh/testing";
import { z } from "zod";
import { HomeMesh } from "./home-mesh.ts";

const shape = {
  input: z.object({ text: z.string() }),
  output: z.object({ summary: z.string(), by: z.string() }),
  errors: { empty: z.object({ text: z.string() }) },
};

/** An agent whose calls are recorded. */
export const scribe = agentCalled("scribe");
/** The same, for trying things out. */
export const sandbox = agentCalled("sandbox");

function agentCalled<Name extends string>(name: Name) {
  return defineAgent({
    name,
    version: "1.0.0",
    skills: {
      sum: skill(shape),
      words: skill({ input: shape.input, frames: z.object({ word: z.string() }) }),
      secret: skill({ ...shape, sealed: true }),
      ask: skill(shape),
    },
  });
}

/** Records every call of `scribe`; `audrey` may look, and try in the sandbox. */
export function recordedMesh(recording = "recording: { agents: [scribe] }"): string {
  return `version: 1
workspaces:
  desk:
    ${recording}
    agents:
      scribe: { skills: [sum, words, secret, ask], calls: [helper.*] }
      sandbox: { skills: [sum, words, secret, ask], calls: [helper.*], submits: [sandbox.sum] }
      helper: { skills: [help, whisper] }
      boss: { calls: [scribe.*], submits: [scribe.*] }
      mallory: { skills: [steal], calls: [scribe.sum] }
    roles:
      keeper: { members: [keeper] }
      operator: { members: [ops] }
      observer: { members: [eve] }
      auditor: { members: [audrey], calls: [sandbox.*, scribe.sum], submits: [sandbox.*] }
`;
}

/** A mesh with its streams and its rule of recording. */
export async function startRecorded(mesh = recordedMesh()): Promise<HomeMesh> {
  const home = await HomeMesh.start({ mesh });
  try {
    await applyMesh(home, mesh);
    return home;
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw error;
  }
}

/** Makes the mesh what this text says, while it runs. */
export async function applyMesh(home: HomeMesh, mesh: string): Promise<void> {
  writeFileSync(home.home.layout.meshFile, mesh);
  const { exit, err } = await home.run("apply");
  assert.equal(exit, 0, err);
}

type Sum = Handlers<typeof scribe>["sum"];

/** Handlers of `scribe` and `sandbox`; `ask` is the test's own. */
export function scribing(by: string, ask: Sum = ({ text }) => ({ summary: text, by })) {
  const sum: Sum = ({ text }, ctx) => {
    if (text === "") ctx.fail("empty", { text });
    return { summary: text.slice(0, 5), by };
  };
  return {
    sum,
    secret: sum,
    ask,
    async *words({ text }: { text: string }) {
      for (const word of text.split(" ")) yield { word };
    },
  };
}

/** Serves `scribe`, and resolves when its calls are recorded. */
export async function serveScribe(
  home: HomeMesh,
  options: { readonly tasks?: object; readonly ask?: Sum } = {},
): Promise<Mesh> {
  const mesh = await home.connect("scribe");
  const { ask, ...serving } = options;
  await mesh.serve(scribe, scribing("scribe", ask), serving);
  const probe = await home.connect("boss");
  const before = mesh.metrics.records.total;
  await eventually("calls are recorded", async () => {
    await probe.client(scribe).sum({ text: "probe" });
    return mesh.metrics.records.total > before;
  });
  return mesh;
}

export async function audit(home: HomeMesh, name = "audrey"): Promise<Recordings> {
  return openRecordings({ ...home.access(name), servers: [home.server.url] });
}

/** What a test has asked for itself, once that many are there. */
export async function recordedCalls(
  recordings: Recordings,
  selection: Selection,
  many: number,
): Promise<readonly Recorded[]> {
  return eventually(`${many} are recorded`, async () => {
    const found: Recorded[] = [];
    for await (const one of recordings.select(selection)) {
      if (!text(one.payload).includes("probe")) found.push(one);
    }
    const isWhole = found.every(({ answer }) => answer !== undefined);
    return found.length >= many && isWhole ? found : undefined;
  });
}

/** Replays what fits, once that many are recorded. */
export async function replayed(
  home: HomeMesh,
  { selection, many }: { readonly selection: Selection; readonly many: number },
  options: ReplayOptions,
): Promise<readonly Replayed[]> {
  await using recordings = await audit(home);
  await recordedCalls(recordings, selection, many);
  const done: Replayed[] = [];
  for await (const one of recordings.replay(selection, { speed: "unpaced", ...options })) {
    if (!text(one.recorded.payload).includes("probe")) done.push(one);
  }
  return done;
}

export function text(payload: Uint8Array | undefined): string {
  return Buffer.from(payload ?? []).toString("utf8");
}
