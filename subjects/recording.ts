import { isToken, no, type Parsed } from "./grammar.ts";
import type { RecordingPolicy } from "./policy.ts";
import { every } from "./targets.ts";

/** The kind of configuration that says whose calls are recorded. */
export const recordingKind = "recording";

/** What is published where nobody's calls are recorded. */
export const noRecording: RecordingPolicy = Object.freeze({ agents: Object.freeze([]), share: 0 });

/** Most agents that a rule names. */
const mostAgents = 10_000;

/** The rule as it is published. */
export function recordingText({ agents, share }: RecordingPolicy): string {
  return JSON.stringify({ agents, share });
}

/** Reads a rule as it was published. */
export function parseRecording(text: string): Parsed<RecordingPolicy> {
  const read = parsed(text);
  if (typeof read !== "object" || read === null) return no("a recording rule is a JSON object");
  const { agents, share } = read as { readonly agents?: unknown; readonly share?: unknown };
  const isList =
    Array.isArray(agents) &&
    agents.length <= mostAgents &&
    agents.every((one) => one === every || (typeof one === "string" && isToken(one)));
  if (!isList) return no("agents is a list of agents' names");
  const isShare = typeof share === "number" && share >= 0 && share <= 1;
  return isShare ? { ok: true, value: { agents, share } } : no("share is a number from 0 to 1");
}

/** Which share of an agent's calls a rule has recorded. */
export function recordedShare({ agents, share }: RecordingPolicy, agent: string): number {
  return agents.includes(agent) || agents.includes(every) ? share : 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: nothing that can be read.
    return undefined;
  }
}
