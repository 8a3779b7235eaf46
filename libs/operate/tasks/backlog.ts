import { parseTaskConsumer, parseTaskSubject, Store, taskFilter } from "@myelin/subjects";
import { z } from "zod";
import { gaveUp } from "../../pipeline/index.ts";
import type { Backlog } from "../../telemetry/index.ts";
import { readJson } from "../json.ts";
import { consumerStates, type Stored, storedMessages } from "../stores/index.ts";
import { type TaskReader, viewOf } from "./reader.ts";
import { readQueued } from "./view.ts";

/** What waits for an agent in one class of priority. */
export interface AgentBacklog extends Backlog {
  /** Workers that ask for tasks now. */
  readonly asking: number;
  /** Whether the store gives them to anybody: `apply` makes a consumer for an agent of `mesh.yaml`. */
  readonly isGiven: boolean;
}

/** Most tasks of a consumer that are looked at for whether their instance is gone. */
const mostLooked = 200;

/** How many messages each subject has. */
const counted = z.object({
  state: z.object({ subjects: z.record(z.string(), z.number()).nullish() }),
});

/** What waits for every agent that takes tasks, or that has some, in the order of names. */
export async function readBacklogs(
  reader: TaskReader,
  signal?: AbortSignal,
): Promise<readonly AgentBacklog[]> {
  const found: AgentBacklog[] = [];
  for (const one of await consumerStates(reader, Store.tasks)) {
    if (signal?.aborted === true) throw gaveUp("looking at tasks", signal);
    const whose = parseTaskConsumer(one.name);
    if (whose === undefined) continue;
    const { agent, priority } = whose;
    const subject = taskFilter({ agent, priority });
    const isEmpty = one.num_pending + one.num_ack_pending === 0;
    const { oldest, stuck } = isEmpty
      ? { oldest: undefined, stuck: 0 }
      : await lookAt(reader, { agent, subject, delivered: one.delivered.stream_seq, signal });
    found.push({
      ...{ agent, priority, stuck, asking: one.num_waiting, isGiven: true },
      pending: one.num_pending,
      inWork: one.num_ack_pending,
      oldestSeconds: oldest === undefined ? 0 : ageOf(oldest),
    });
  }
  found.push(...(await readUngiven(reader, new Set(found.map(keyOf)), signal)));
  return found.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** What waits for agents that no consumer is made for: nobody takes it, and no consumer counts it. */
async function readUngiven(
  reader: TaskReader,
  given: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<readonly AgentBacklog[]> {
  const { door, api } = reader;
  const question = JSON.stringify({ subjects_filter: taskFilter({}) });
  const said = readJson(await door.ask(api.streamInfo(Store.tasks), question), counted);
  // Without a stream, or a right to look at it, there is nothing to count.
  const subjects = said?.state.subjects ?? {};
  const found = new Map<string, Omit<AgentBacklog, "oldestSeconds">>();
  for (const [subject, many] of Object.entries(subjects)) {
    const address = parseTaskSubject(subject);
    if (!address.ok || given.has(keyOf(address.value))) continue;
    const { agent, priority } = address.value;
    const pending = (found.get(keyOf(address.value))?.pending ?? 0) + many;
    const nobody = { inWork: 0, stuck: 0, asking: 0, isGiven: false };
    found.set(keyOf(address.value), { agent, priority, pending, ...nobody });
  }
  return Promise.all(
    [...found.values()].map(async (one) => {
      const subject = taskFilter({ agent: one.agent, priority: one.priority });
      const { oldest } = await lookAt(reader, { agent: one.agent, subject, delivered: 0, signal });
      return { ...one, oldestSeconds: oldest === undefined ? 0 : ageOf(oldest) };
    }),
  );
}

interface Looked {
  readonly agent: string;
  readonly subject: string;
  /** The last message that was delivered to anybody. */
  readonly delivered: number;
  readonly signal: AbortSignal | undefined;
}

async function lookAt(
  reader: TaskReader,
  { agent, subject, delivered, signal }: Looked,
): Promise<{ readonly oldest: Stored | undefined; readonly stuck: number }> {
  const present = await reader.present(agent);
  let oldest: Stored | undefined;
  let stuck = 0;
  let looked = 0;
  const options = { subject, api: reader.api, signal };
  for await (const stored of storedMessages(reader.door, Store.tasks, options)) {
    oldest ??= stored;
    if (stored.sequence > delivered || ++looked > mostLooked) break;
    const queued = readQueued(stored);
    if (queued !== undefined && (await viewOf(reader, queued, present)).state === "stuck") stuck++;
  }
  return { oldest, stuck };
}

function ageOf({ storedAt }: Stored): number {
  return Math.max(0, (Date.now() - storedAt.getTime()) / 1_000);
}

function keyOf({ agent, priority }: Pick<AgentBacklog, "agent" | "priority">): string {
  return `${agent} ${priority}`;
}
