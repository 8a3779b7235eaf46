import { callSubject } from "@myelin/subjects";
import type { Palette } from "./text.ts";

const terms = callSubject("indexer", "terms", "any", "ops");

const examples = [
  ["who is there", "npx myelin agents"],
  ["what an agent can do", "npx myelin card summarizer"],
  ["a streamed skill", "npx myelin call librarian list"],
  ["a plain one", `npx myelin call indexer terms '{"text":"An agent asks other agents."}'`],
  [
    "work that is stored",
    `npx myelin tasks submit summarizer summarize '{"text":"An agent asks other agents."}' --wait`,
  ],
  ["what waits for whom", "npx myelin tasks ls"],
  ["what could not be done", "npx myelin dead ls"],
  ["calls as they happen", "npx myelin tap"],
  ["what an agent may do", "npx myelin identity show editor"],
  ["let the nats CLI know", 'eval "$(npx myelin env)"'],
  ["agents as services", "nats micro ls"],
  ["no library of ours", `nats req ${terms} '{"text":"No library is needed."}'`],
] as const;

/** The commands with which a person explores a mesh; while it is not up, how to have it. */
export function commands(isUp: boolean, { bold, dim }: Palette): readonly string[] {
  const width = Math.max(...examples.map(([meaning]) => meaning.length));
  const first = isUp
    ? "To explore, in another terminal in this folder:"
    : `To explore, ${bold("npm start -- --stay")} keeps the mesh up; then, in another terminal in this folder:`;
  const lines = examples.map(([meaning, command]) => `  ${dim(meaning.padEnd(width))}  ${command}`);
  return ["", first, ...lines];
}
