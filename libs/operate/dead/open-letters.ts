import { ownStoreApi, parseDeadSubject, Store } from "@myelin/subjects";
import { z } from "zod";
import { gaveUp } from "../../pipeline/index.ts";
import type { OpenLetters } from "../../telemetry/index.ts";
import { jsonValue } from "../json.ts";
import { everyPage, type StoreDoor, unseen } from "../stores/index.ts";
import { markerSubject, outcomes } from "./marker.ts";

/** Most agents that are counted by themselves: guests choose their own names. */
const mostAgents = 500;
const otherAgents = "other";

const page = z.object({
  total: z.number().default(0),
  state: z.object({ subjects: z.record(z.string(), z.number()).nullish() }),
});

/**
 * How many dead letters of each agent nobody has brought back to it or dropped. Known by subjects alone, which name what
 * became of a letter: none is read.
 */
export async function countOpenLetters(
  door: StoreDoor,
  signal: AbortSignal,
): Promise<readonly OpenLetters[]> {
  const subjects = await subjectsOf(door, signal);
  const counted = new Map<string, { -readonly [Key in keyof OpenLetters]: OpenLetters[Key] }>();
  for (const subject of subjects) {
    const address = parseDeadSubject(subject);
    if (!address.ok) continue;
    const { kind } = address.value;
    if ((kind !== "task" && kind !== "event") || isDone(subject, subjects)) continue;
    const named = counted.has(keyOf(kind, address.value.agent)) || counted.size < mostAgents;
    const agent = named ? address.value.agent : otherAgents;
    const one = counted.get(keyOf(kind, agent)) ?? { kind, agent, open: 0 };
    one.open++;
    counted.set(keyOf(kind, agent), one);
  }
  return [...counted.values()];
}

/** What was brought to a sandbox is marked under that agent's name, and still its own agent's to do. */
function isDone(letter: string, subjects: ReadonlySet<string>): boolean {
  return outcomes.some((outcome) => subjects.has(markerSubject(outcome, letter) ?? ""));
}

async function subjectsOf(door: StoreDoor, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const all = await everyPage(async (offset) => {
    if (signal.aborted) throw gaveUp("counting dead letters", signal);
    const question = JSON.stringify({ subjects_filter: ">", offset });
    const said = jsonValue(await door.ask(ownStoreApi.streamInfo(Store.dead), question));
    const read = page.safeParse(said);
    if (!read.success) throw unseen(Store.dead, said);
    return { total: read.data.total, items: Object.keys(read.data.state.subjects ?? {}) };
  });
  return new Set(all);
}

function keyOf(kind: string, agent: string): string {
  return `${kind} ${agent}`;
}
