import {
  checkpointState,
  deadFilter,
  finalState,
  Header,
  parseResultSubject,
  progressState,
  resultSubject,
  runningState,
  Store,
  type StoreName,
  taskFilter,
} from "@myelin/subjects";
import { type Running, readRunning, type Try } from "../../durable/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { field, needle, readError } from "../../wire/index.ts";
import { jsonValue } from "../json.ts";
import { type KeptApart, keptApart } from "../kept-apart.ts";
import { type Stored, type StoredOptions, storedMessages } from "../stores/index.ts";
import { type QueuedState, type TaskReader, viewOf } from "./reader.ts";
import { type Queued, readQueued } from "./view.ts";

/** Whose task is meant, where several have one id. */
export interface TaskFilter {
  readonly agent?: string | undefined;
  readonly submitter?: string | undefined;
}

/** Everything that the streams tell of one task. */
export interface TaskDetails {
  readonly id: string;
  readonly agent: string;
  readonly submitter: string;
  readonly skill: string | undefined;
  readonly state: QueuedState | "done" | "failed" | "cancelled" | "unknown";
  /** As it waits in the queue; undefined once it is over. */
  readonly queued: Queued | undefined;
  /** Attempts begun, and the last of them. */
  readonly attempt: number;
  readonly tries: readonly Try[];
  /** The last that its handler told, and left for its next attempt: values as `output` is. */
  readonly progress: unknown;
  readonly checkpoint: unknown;
  readonly endedAt: Date | undefined;
  /** The answer: of JSON its value, of anything else `{ base64 }`; undefined where there is none, or it is kept apart. */
  readonly output: unknown;
  readonly outputKept: KeptApart | undefined;
  readonly error: MeshError | undefined;
  /** Subjects of its dead letters. */
  readonly dead: readonly string[];
}

/** How a task is looked for. */
export interface LookOptions {
  readonly signal?: AbortSignal | undefined;
  /** Most tasks that wait or run, the oldest first, among which it is looked for. Default: 100000. */
  readonly most?: number;
}

/** A message is a round trip: some minutes at the worst. */
const mostLooked = 100_000;
const skillNeedle = needle(Header.skill);
const errorNeedle = needle(Header.error);

/**
 * Everything about the tasks of an id: of several submitters and agents there may be several.
 *
 * Throws `unknown_task` where there is none. The queue has no order but that of time, so it is looked through for who
 * waits, as far as `most`: of one behind that only what is kept of its results is told.
 */
export async function readDetails(
  reader: TaskReader,
  id: string,
  { agent = "*", submitter = "*", signal, most = mostLooked }: TaskFilter & LookOptions,
): Promise<readonly TaskDetails[]> {
  const found = new Map<string, Found>();
  const of = (whose: Whose): Found => {
    const key = `${whose.submitter} ${whose.agent}`;
    const known = found.get(key) ?? { whose, states: new Map<string, Stored>(), queued: undefined };
    found.set(key, known);
    return known;
  };
  const subject = resultSubject({ submitter, task: id, state: "*", agent });
  for await (const stored of read(reader, Store.results, { subject, signal })) {
    const address = parseResultSubject(stored.subject);
    if (address.ok) of(address.value).states.set(address.value.state, stored);
  }
  let looked = 0;
  const waiting = { subject: taskFilter({ agent }), signal };
  for await (const stored of read(reader, Store.tasks, waiting)) {
    if (++looked > most) break;
    const queued = readQueued(stored);
    if (queued?.id !== id || (submitter !== "*" && queued.submitter !== submitter)) continue;
    of(queued).queued = queued;
  }
  if (found.size === 0) throw unknownTask(id, looked > most ? most : undefined);
  return Promise.all([...found.values()].map((one) => detailsOf(reader, id, one, signal)));
}

function unknownTask(id: string, most: number | undefined): MeshError {
  const where = most === undefined ? "waits or runs" : `is among the oldest ${most} of those here`;
  const next =
    most === undefined
      ? "`myelin tasks ls` shows those that wait, `myelin later ls` what is for later, and `myelin later cancel` takes it back"
      : "it may be behind them: --agent looks through those of one agent alone";
  const detail = `${id}: no such task ${where}, and no result of it is kept; ${next}`;
  return new MeshError(MeshCode.UnknownTask, detail);
}

interface Whose {
  readonly submitter: string;
  readonly agent: string;
}

interface Found {
  readonly whose: Whose;
  readonly states: Map<string, Stored>;
  queued: Queued | undefined;
}

async function detailsOf(
  reader: TaskReader,
  id: string,
  { whose: { submitter, agent }, states, queued }: Found,
  signal: AbortSignal | undefined,
): Promise<TaskDetails> {
  const final = states.get(finalState);
  const running = states.get(runningState);
  const now: Running | undefined = running === undefined ? undefined : readRunning(running);
  const head = (final ?? running)?.head ?? "";
  const error = final === undefined ? undefined : errorOf(final);
  return {
    ...{ id, agent, submitter, queued, error },
    skill: queued?.skill ?? field(head, skillNeedle),
    state: await stateOf(reader, { final, error, queued, running }),
    attempt: now?.attempt ?? 0,
    tries: now?.tries ?? [],
    progress: toldIn(states.get(progressState)),
    checkpoint: toldIn(states.get(checkpointState)),
    endedAt: final?.storedAt,
    ...outputOf(error === undefined ? final : undefined),
    dead: await deadOf(reader, deadFilter("task", { agent, task: id }), signal),
  };
}

async function stateOf(
  reader: TaskReader,
  about: {
    readonly final: Stored | undefined;
    readonly error: MeshError | undefined;
    readonly queued: Queued | undefined;
    readonly running: Stored | undefined;
  },
): Promise<TaskDetails["state"]> {
  const { final, error, queued, running } = about;
  // What was brought back is in the queue again, beside the result of before.
  if (queued !== undefined && (final === undefined || queued.generation > 0)) {
    return (await viewOf(reader, queued, await reader.present(queued.agent))).state;
  }
  if (final === undefined) return running === undefined ? "unknown" : "running";
  if (error === undefined) return "done";
  return error.code === MeshCode.Cancelled ? "cancelled" : "failed";
}

async function deadOf(
  reader: TaskReader,
  letters: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const subjects: string[] = [];
  for await (const { subject } of read(reader, Store.dead, { subject: letters, signal }))
    subjects.push(subject);
  return subjects;
}

function read(
  { door, api }: TaskReader,
  stream: StoreName,
  what: Pick<StoredOptions, "subject" | "signal">,
) {
  return storedMessages(door, stream, { api, ...what });
}

function errorOf({ head, payload }: Stored): MeshError | undefined {
  if (field(head, errorNeedle) === undefined) return undefined;
  return readError(head, () => JSON.parse(Buffer.from(payload).toString("utf8")));
}

function outputOf(final: Stored | undefined): Pick<TaskDetails, "output" | "outputKept"> {
  if (final === undefined) return { output: undefined, outputKept: undefined };
  const outputKept = keptApart(final);
  return { output: outputKept === undefined ? bodyOf(final) : undefined, outputKept };
}

function toldIn(stored: Stored | undefined): unknown {
  return stored === undefined ? undefined : bodyOf(stored);
}

function bodyOf({ payload }: Stored): unknown {
  const value = jsonValue(payload);
  return value === undefined ? { base64: Buffer.from(payload).toString("base64") } : value;
}
