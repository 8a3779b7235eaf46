import {
  type DeadAddress,
  deadSubject,
  ownStoreApi,
  parseDeadSubject,
  Store,
} from "@myelin/subjects";
import { z } from "zod";
import type { OpenLetters } from "../../telemetry/index.ts";
import { jsonValue } from "../json.ts";
import { type StoreDoor, unseen } from "../stores/index.ts";

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
    if ((kind !== "task" && kind !== "event") || isDone(address.value, subjects)) continue;
    const named = counted.has(keyOf(kind, address.value.agent)) || counted.size < mostAgents;
    const agent = named ? address.value.agent : otherAgents;
    const one = counted.get(keyOf(kind, agent)) ?? { kind, agent, open: 0 };
    one.open++;
    counted.set(keyOf(kind, agent), one);
  }
  return [...counted.values()];
}

/** What was brought to a sandbox is marked under that agent's name, and still its own agent's to do. */
function isDone(letter: DeadAddress, subjects: ReadonlySet<string>): boolean {
  return ["redriven", "dropped"].some((kind) => subjects.has(deadSubject({ ...letter, kind })));
}

async function subjectsOf(door: StoreDoor, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let [offset, total] = [0, 1]; offset < total && !signal.aborted; ) {
    const question = JSON.stringify({ subjects_filter: ">", offset });
    const said = jsonValue(await door.ask(ownStoreApi.streamInfo(Store.dead), question));
    const read = page.safeParse(said);
    if (!read.success) throw unseen(Store.dead, said);
    const subjects = Object.keys(read.data.state.subjects ?? {});
    if (subjects.length === 0) break;
    for (const subject of subjects) found.add(subject);
    offset += subjects.length;
    total = read.data.total;
  }
  return found;
}

function keyOf(kind: string, agent: string): string {
  return `${kind} ${agent}`;
}
