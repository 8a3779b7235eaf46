import { readExtent, type StoreDoor, storedMessages } from "@myelin/mesh/operate";
import {
  every,
  finalState,
  Header,
  parseDeadSubject,
  parseResultSubject,
  resultSubject,
  runningState,
  Store,
} from "@myelin/subjects";
import { z } from "zod";
import { editor } from "../contracts/editor.ts";
import { summarizer } from "../contracts/summarizer.ts";
import { readSummaryTask } from "../editing/tasks.ts";

/** What the streams have of one run's summaries. */
export interface StoredSummaries {
  /** Every final result, as often as it is there. */
  readonly finals: readonly StoredFinal[];
  /** Attempts that were begun. */
  readonly attempts: number;
  /** Dead letters. */
  readonly dead: number;
}

/** One final result of a summary's task. */
export interface StoredFinal {
  readonly task: string;
  /** The editing task of the document that it is about. */
  readonly document: string;
  readonly round: number;
  /** Undefined where the task failed. */
  readonly summary: string | undefined;
}

/** How far the stream of results is: what comes later is of a run that begins now. */
export async function lastResult(door: StoreDoor): Promise<number> {
  const { last } = await readExtent(Store.results, { door });
  return last;
}

/** Reads what is stored of a run: by the streams' own API, and with nothing of who wrote it. */
export async function readSummaries(
  door: StoreDoor,
  { run, after, signal }: { run: string; after: number; signal: AbortSignal },
): Promise<StoredSummaries> {
  const finals: StoredFinal[] = [];
  let attempts = 0;
  const whose = { submitter: editor.name, agent: summarizer.name };
  const subject = resultSubject({ ...whose, task: every, state: every });
  const from = { from: after + 1, subject, signal };
  for await (const stored of storedMessages(door, Store.results, from)) {
    const address = parseResultSubject(stored.subject);
    if (!address.ok) continue;
    const { task, state } = address.value;
    const of = readSummaryTask(run, task);
    if (of === undefined) continue;
    if (state === runningState) attempts++;
    if (state === finalState) finals.push({ task, ...of, summary: summaryOf(stored) });
  }
  return { finals, attempts, dead: await countDead(door, run, signal) };
}

async function countDead(door: StoreDoor, run: string, signal: AbortSignal): Promise<number> {
  let dead = 0;
  for await (const { subject } of storedMessages(door, Store.dead, { signal })) {
    const address = parseDeadSubject(subject);
    if (address.ok && address.value.task.startsWith(run)) dead++;
  }
  return dead;
}

const answer = z.object({ summary: z.string() });

function summaryOf({ head, payload }: { head: string; payload: Uint8Array }): string | undefined {
  if (head.split("\r\n").some((line) => line.startsWith(`${Header.error}:`))) return undefined;
  return answer.parse(JSON.parse(Buffer.from(payload).toString("utf8"))).summary;
}
