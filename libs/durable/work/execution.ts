import { checkpointState, progressState, Store } from "@myelin/subjects";
import { MeshError } from "../../errors/index.ts";
import {
  type CallSignal,
  RequestRecord,
  type TaskWork,
  unlessEnded,
} from "../../pipeline/index.ts";
import { parseTraceparent } from "../../telemetry/index.ts";
import { json } from "../../wire/index.ts";
import { onceKnown } from "../stored/known.ts";
import type { KnownTask } from "./known-task.ts";
import type { WorkParts } from "./work-parts.ts";

export interface Execution {
  readonly parts: WorkParts;
  readonly signal: CallSignal;
  readonly attempt: number;
  readonly payload: Uint8Array;
  readonly storedAt: Date;
  /** Until the task's deadline, in milliseconds. */
  readonly leftMs: number;
  /** Stores what the handler tells, under a state. */
  readonly tell: (state: string, value: unknown) => Promise<void>;
  /** Gets the handler's end, which may come after that of the attempt; never rejected. */
  readonly onHandler: (ended: Promise<unknown>) => void;
}

/** Runs the handler behind its stack; the answer, or its failure, or why the signal ended, whichever is first. */
export async function execute(task: KnownTask, execution: Execution): Promise<unknown> {
  const { parts, signal, attempt, leftMs } = execution;
  const work = await taskWork(task, execution);
  signal.throwIfEnded();
  const limitMs = Math.min(leftMs, parts.config.attemptMs);
  signal.expire(parts.clock.now() + limitMs, limitMs, task.operation.key);
  const request = new RequestRecord(task.operation, task.submitter, signal);
  request.id = task.id;
  request.path = task.submitter;
  request.attempt = attempt;
  request.timeoutMs = limitMs;
  request.trace = parseTraceparent(task.head.traceparent, task.head.tracestate);
  request.payload = execution.payload;
  request.codec = task.codec;
  request.claim = task.claim;
  request.conversation = task.head.conversation;
  request.task = work;
  request.replay = task.head.replay;
  const { clock, metrics } = parts;
  const meter = metrics.task(task.operation);
  const begunAt = clock.now();
  meter.begin(attempt === 1 ? Date.now() - execution.storedAt.getTime() : undefined);
  let failure: MeshError | undefined;
  try {
    // A handler that never comes back must not hold its place for good.
    return await unlessEnded(signal, () => {
      const serving = parts.serve(request);
      execution.onHandler(serving.catch(() => {}));
      return serving;
    });
  } catch (error) {
    failure = MeshError.from(error);
    throw failure;
  } finally {
    signal.settle();
    meter.attempt(failure?.code ?? "ok", clock.now() - begunAt);
  }
}

async function taskWork(task: KnownTask, execution: Execution): Promise<TaskWork> {
  const { parts, signal, attempt } = execution;
  // One that was redriven goes on where it was left.
  const isFirst = attempt === 1 && task.generation === 0;
  const left = isFirst ? undefined : await lastCheckpoint(task, parts);
  const waiting = { ...parts, isOver: () => signal.reason !== undefined };
  // A store that is away is no failure of the handler's.
  const tell = (state: string, value: unknown): Promise<void> =>
    heard(onceKnown(waiting, () => execution.tell(state, value)));
  return {
    ...{ left, subject: task.subject, moved: moveOf(task) },
    progress: (value) => tell(progressState, value),
    checkpoint: (value) => tell(checkpointState, value),
  };
}

/** Why it comes, where it does not come by itself. */
function moveOf({ moved }: KnownTask): TaskWork["moved"] {
  return moved === undefined ? undefined : { why: moved.why, generation: moved.generation };
}

async function lastCheckpoint(task: KnownTask, { store }: WorkParts): Promise<unknown> {
  const stored = await store.last(Store.results, task.states(checkpointState));
  return stored === undefined ? undefined : json.decode(stored.payload);
}

/** Nobody has to wait for what he tells: that it was not stored must not end the process. */
function heard(telling: Promise<void>): Promise<void> {
  telling.catch(() => {});
  return telling;
}
