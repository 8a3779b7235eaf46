import type { Palette } from "./text.ts";

const calls = [
  ["npx myelin agents", "who is there"],
  ["npx myelin card summarizer", "what an agent can do"],
  ["npx myelin call librarian list", "a streamed skill"],
  [
    `npx myelin call indexer terms '{"text":"Agents call agents over a mesh of agents."}'`,
    "a skill that answers once",
  ],
  ["npx myelin tap", "live calls"],
  ['eval "$(npx myelin env)"', "from here on the plain nats CLI knows the mesh:"],
  ["nats micro ls", "every agent is a NATS service"],
  [
    `nats req mesh.call.summarizer.summarize.any.ops '{"text":"A plain client can call. It gets JSON back."}'`,
    "no library of ours",
  ],
] as const;

/** The commands with which a person explores a mesh; while it is not up, how to have it. */
export function commands(isUp: boolean, { bold, dim }: Palette): readonly string[] {
  const lines = calls.map(([command, meaning]) => `  ${command}  ${dim(`# ${meaning}`)}`);
  const first = isUp
    ? "To explore, in another terminal in this folder:"
    : `To explore, ${bold("npm start -- --stay")} keeps the mesh up; then, in another terminal:`;
  return ["", first, ...lines];
}
