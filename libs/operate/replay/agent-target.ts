import {
  ContentType,
  callSubject,
  dayMs,
  isToken,
  routeToken,
  tokenRule,
  versionLabel,
} from "@myelin/subjects";
import { checkVersion } from "../../contract/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { checkNumber, hexId } from "../../pipeline/index.ts";
import { isErrorHead, readFrames, writeRequestHead } from "../../wire/index.ts";
import type { AnswerBox } from "../answer-box.ts";
import type { LargeRecorded } from "./large.ts";
import { errorIn, type Recorded, type RecordedAnswer, type RecordedFrame } from "./recorded.ts";
import type { ReplayAgent, ReplayTarget } from "./targets.ts";

/** Who replays, and by what. */
export interface Replaying {
  readonly name: string;
  readonly box: AnswerBox;
  readonly large: LargeRecorded;
}

const usualMs = 30_000;
/** Most that is waited for unasked: a task may have had a day. */
export const mostMs = 900_000;
const anyTimeout = { min: 1, max: dayMs, whole: false };
const mostBytes = 67_108_864;
/** A little longer than who answers has, so that it is heard why it did not. */
const graceMs = 1_000;

/** Throws `invalid_argument` for what names no agent, and for what would be done in earnest without having been asked. */
export function checkAgent(into: ReplayAgent): void {
  const { agent, version, skill, timeoutMs, as } = into;
  if (agent === undefined && version === undefined) {
    throw wrong("an agent, a version of the recording's own agent, or a function is needed");
  }
  if (as === "task" && version !== undefined) {
    throw wrong("no version can be chosen for a task, any of the agent's takes it; leave out as");
  }
  for (const [name, token] of Object.entries({ agent, skill })) {
    if (token !== undefined && !isToken(token))
      throw wrong(`${name} must be ${tokenRule}, got ${token}`);
  }
  if (version !== undefined) checkVersion("replay.into.version", version);
  if (timeoutMs !== undefined) checkNumber("replay.into.timeoutMs", timeoutMs, anyTimeout);
}

/** Whom a recording is replayed into; throws where that is the very agent that was recorded, in earnest. */
export function agentFor({ agent, version, live }: ReplayAgent, recorded: Recorded): string {
  const to = agent ?? recorded.agent;
  if (to !== recorded.agent || version !== undefined || live === true) return to;
  throw wrong(
    `${to} is the agent that was recorded, and would do it in earnest; name a sandbox agent or a version, or say live`,
  );
}

/** Calls an agent with the payload's bytes as they were, under one's own name, marked as a replay. */
export function callTarget(into: ReplayAgent, { name, box, large }: Replaying): ReplayTarget {
  const route =
    into.version === undefined
      ? "any"
      : routeToken({ to: "version", label: versionLabel(into.version) });
  return async (recorded, signal) => {
    const agent = agentFor(into, recorded);
    const timeoutMs = into.timeoutMs ?? Math.min(recorded.timeoutMs ?? usualMs, mostMs);
    const { stream, sequence, contentType } = recorded;
    const head = writeRequestHead({
      timeoutMs,
      id: `replay-${hexId(16)}`,
      path: name,
      attempt: 1,
      contentType: contentType === ContentType.json ? undefined : contentType,
      replay: { stream, sequence, onward: into.onward ?? false },
      ...{ traceparent: undefined, tracestate: undefined, credit: undefined },
    });
    await large.lend(recorded, { reader: agent, lifeMs: timeoutMs, signal });
    const gathering = new Gathering(recorded.streams);
    await box.ask({
      subject: callSubject(agent, into.skill ?? recorded.skill, route, name),
      ...{ payload: recorded.payload, head, signal },
      silenceMs: timeoutMs + graceMs,
      take: (message) => gathering.take(message),
    });
    return gathering.answer;
  };
}

/** The answer to one call, as it comes. */
class Gathering {
  readonly #streams: boolean;
  readonly #frames: RecordedFrame[] = [];
  readonly #begunAt = performance.now();
  #bytes = 0;
  #error: MeshError | undefined;

  constructor(streams: boolean) {
    this.#streams = streams;
  }

  get answer(): RecordedAnswer {
    const tookMs = performance.now() - this.#begunAt;
    return { frames: this.#frames, skipped: 0, error: this.#error, tookMs };
  }

  /** True when it is complete. */
  take(frame: RecordedFrame): boolean {
    if (isErrorHead(frame.head)) {
      this.#error = errorIn(frame);
      return true;
    }
    if (readFrames(frame.head) !== undefined) return true;
    this.#bytes += frame.payload.length;
    if (this.#bytes > mostBytes) {
      throw new MeshError(MeshCode.PayloadTooLarge, `an answer of more than ${mostBytes} bytes`);
    }
    this.#frames.push({ head: frame.head, payload: frame.payload });
    return !this.#streams;
  }
}

function wrong(why: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, `replay.into: ${why}`);
}
