import { maxSummaryLength } from "../contracts/limits.ts";
import { line } from "../digest/line.ts";
import { editTask } from "../editing/tasks.ts";
import type { Standing } from "./read-back.ts";
import type { StoredFinal, StoredSummaries } from "./stored.ts";

/** What a count of the streams and of the digest says, by somebody who wrote neither. */
export interface Proof {
  /** Documents that stand in the digest once, with the one last summary that the stream has of them. */
  readonly proven: number;
  /** Final results of summaries in the stream. */
  readonly summaries: number;
  /** Attempts at them that were begun. */
  readonly attempts: number;
  /** Dead letters of this run. */
  readonly dead: number;
  /** What is not as it must be; the first of it. */
  readonly faults: readonly string[];
}

/** What is compared. */
export interface Evidence {
  readonly run: string;
  /** The documents that lie there, by path. */
  readonly documents: readonly string[];
  /** Of how many the editor says that there is no summary. */
  readonly lost: number;
  readonly stored: StoredSummaries;
  readonly digest: readonly Standing[];
}

const mostFaults = 20;

/** Whether every document was summarised exactly once in the digest; what was lost stands nowhere. */
export function prove({ run, documents, lost, stored, digest }: Evidence): Proof {
  const finals = grouped(stored.finals, ({ document }) => document);
  const standing = grouped(digest, ({ path }) => path);
  // Paths that differ in spaces alone look the same in the digest.
  const alike = grouped(documents, line);
  const faults: string[] = [];
  let [proven, absent] = [0, 0];
  for (const path of documents) {
    const own = finals.get(editTask(run, path)) ?? [];
    const there = standing.get(line(path)) ?? [];
    if (there.length === 0) {
      absent++;
      continue;
    }
    const times = alike.get(line(path))?.length ?? 0;
    const fault =
      times === there.length ? faultOf(own, there) : `stands there ${there.length} times`;
    if (fault === undefined) proven++;
    else faults.push(`${path}: ${fault}`);
  }
  for (const path of standing.keys()) {
    if (!alike.has(path)) faults.push(`${path}: stands in the digest, and is no document`);
  }
  if (absent !== lost)
    faults.push(`${absent} documents are not in the digest, ${lost} are told lost`);
  const { attempts, dead } = stored;
  const summaries = stored.finals.length;
  return { proven, summaries, attempts, dead, faults: faults.slice(0, mostFaults) };
}

function faultOf(finals: readonly StoredFinal[], there: readonly Standing[]): string | undefined {
  const rounds = finals.map(({ round }) => round).sort((one, other) => one - other);
  if (rounds.length === 0) return "no summary is in the stream";
  if (rounds.some((round, at) => round !== at + 1)) {
    return `the stream has the summaries ${rounds.join(", ")}, where each may be once`;
  }
  const last = finals.find(({ round }) => round === rounds.length)?.summary;
  if (last === undefined) return "its last summary failed";
  const shown = line(last.slice(0, maxSummaryLength));
  const isShown = there.some(({ summary }) => summary === shown);
  return isShown ? undefined : "stands in the digest with another summary than the stream has";
}

function grouped<T>(things: readonly T[], by: (thing: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const group = groups.get(by(thing));
    if (group === undefined) groups.set(by(thing), [thing]);
    else group.push(thing);
  }
  return groups;
}
