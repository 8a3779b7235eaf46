import { ContentType, finalState, Header, Store, StoreHeader, taskSubject } from "@myelin/subjects";
import {
  envelopeHeaders,
  type OutMessage,
  onceId,
  type StoreAccess,
  statesOf,
  write,
} from "../../durable/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Signer } from "../../identity/index.ts";
import { hexId, pause, systemClock } from "../../pipeline/index.ts";
import { writeReplay } from "../../wire/index.ts";
import { agentFor, mostMs } from "./agent-target.ts";
import type { LargeRecorded } from "./large.ts";
import { errorIn, type Recorded } from "./recorded.ts";
import type { ReplayAgent, ReplayTarget } from "./targets.ts";

/** Who replays tasks, and by what. */
export interface TaskReplaying {
  readonly name: string;
  readonly store: StoreAccess;
  readonly signer: () => Signer | undefined;
  readonly large: LargeRecorded;
}

/** Between two looks for the result, in milliseconds: soon at first. */
const firstLookMs = 20;
const mostLookMs = 1_000;

/** Submits a task with the payload's bytes as they were, under one's own name, marked as a replay; its result comes here. */
export function taskTarget(into: ReplayAgent, parts: TaskReplaying): ReplayTarget {
  return async (recorded, signal) => {
    const begunAt = performance.now();
    const agent = agentFor(into, recorded);
    const timeoutMs = into.timeoutMs ?? Math.min(recorded.timeoutMs ?? mostMs, mostMs);
    const id = `replay-${hexId(16)}`;
    await parts.large.lend(recorded, { reader: agent, lifeMs: timeoutMs, signal });
    await write(
      parts.store,
      systemClock,
      letterOf(recorded, { into, agent, id, timeoutMs, parts }),
    );
    const final = statesOf({ submitter: parts.name, task: id, agent })(finalState);
    for (let waitMs = firstLookMs; ; waitMs = Math.min(2 * waitMs, mostLookMs)) {
      const found = await parts.store.last(Store.results, final);
      if (found !== undefined) {
        const error = errorIn(found);
        const frames = error === undefined ? [{ head: found.head, payload: found.payload }] : [];
        return { frames, skipped: 0, error, tookMs: performance.now() - begunAt };
      }
      if (signal.aborted) throw ended(MeshCode.Cancelled, id, "given up");
      if (performance.now() - begunAt > timeoutMs) {
        throw ended(MeshCode.DeadlineExceeded, id, `no result within ${timeoutMs} ms`);
      }
      await pause(systemClock, waitMs, signal);
    }
  };
}

interface Sending {
  readonly into: ReplayAgent;
  readonly agent: string;
  readonly id: string;
  readonly timeoutMs: number;
  readonly parts: TaskReplaying;
}

function letterOf(
  { payload, contentType, stream, sequence, skill: was }: Recorded,
  { into, agent, id, timeoutMs, parts }: Sending,
): OutMessage {
  const skill = into.skill ?? was;
  const subject = taskSubject({ agent, skill, priority: "normal", submitter: parts.name });
  const about = { kind: "task", target: agent, subject, id, contentType, payload } as const;
  return {
    ...{ subject, payload },
    headers: [
      [StoreHeader.id, onceId()],
      [Header.id, id],
      [Header.timeout, Math.ceil(timeoutMs)],
      [Header.replay, writeReplay({ stream, sequence, onward: into.onward ?? false })],
      [Header.contentType, contentType === ContentType.json ? undefined : contentType],
      ...envelopeHeaders({ ...about, lifeMs: timeoutMs }, parts.signer()),
    ],
  };
}

function ended(code: MeshCode, id: string, why: string): MeshError {
  return new MeshError(code, `the replay as task ${id}: ${why}`);
}
