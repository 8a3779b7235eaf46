import { MeshCode, MeshError } from "../../errors/index.ts";
import { json, payloadOf } from "../../wire/index.ts";
import type { Recorded, RecordedAnswer, RecordedFrame } from "./recorded.ts";

/** Does a recorded thing once more; answers with what came of it. */
export type ReplayTarget = (recorded: Recorded, signal: AbortSignal) => Promise<RecordedAnswer>;

/** A function in this process: what it gives is the answer, an async iterable its frames, what it throws the error. */
export type ReplayHandler = (recorded: Recorded, signal: AbortSignal) => unknown;

/** An agent that is not the one of the recording, or another version of it. */
export interface ReplayAgent {
  /** A sandbox agent with the same skills. Default: the agent of the recording, for whom `version` is needed. */
  readonly agent?: string | undefined;
  /** The version that answers, as its contract has it. Default: whichever is there. */
  readonly version?: string | undefined;
  /** The skill, where it has another name there. Default: the recording's. */
  readonly skill?: string;
  /** Of events: the durable subscription of that agent that gets them. */
  readonly follow?: string | undefined;
  /**
   * As a call or as a task. Default: as it was done before; with `version` as a call, since the tasks of an agent are
   * taken by any of its versions.
   */
  readonly as?: "call" | "task";
  /** Whether what is replayed may reach others: call them, publish. Default: false. */
  readonly onward?: boolean;
  /** Whether the very agent of the recording may be asked, to do it in earnest. Default: false. */
  readonly live?: boolean;
  /** How long an answer may take, in milliseconds. Default: as long as it had then, at most 15 minutes. */
  readonly timeoutMs?: number | undefined;
}

/** Most of one answer that is kept. */
const mostFrames = 10_000;

/** The target that a function is. */
export function handlerTarget(handler: ReplayHandler): ReplayTarget {
  return async (recorded, signal) => {
    const begunAt = performance.now();
    const frames: RecordedFrame[] = [];
    let error: MeshError | undefined;
    try {
      const answer = await handler(recorded, signal);
      if (isFrames(answer)) for await (const frame of answer) frames.push(checked(frames, frame));
      else frames.push(frameOf(answer));
    } catch (thrown) {
      error = MeshError.from(thrown);
    }
    return { frames, skipped: 0, error, tookMs: performance.now() - begunAt };
  };
}

function checked(frames: readonly RecordedFrame[], frame: unknown): RecordedFrame {
  if (frames.length < mostFrames) return frameOf(frame);
  throw new MeshError(MeshCode.InvalidOutput, `a replay takes ${mostFrames} frames at most`);
}

/** As it would cross the wire. */
function frameOf(value: unknown): RecordedFrame {
  return { head: "", payload: Buffer.from(payloadOf(json, value)) };
}

function isFrames(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer;
}
