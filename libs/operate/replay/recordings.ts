import { coversSubject } from "@myelin/subjects";
import { StoreAccess } from "../../durable/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Link } from "../../nats/index.ts";
import { type Abortable, systemClock } from "../../pipeline/index.ts";
import { AnswerBox } from "../answer-box.ts";
import { logIn, type ObserverOptions } from "../observe.ts";
import { readStream } from "../stores/index.ts";
import { callTarget, checkAgent } from "./agent-target.ts";
import { eventTarget } from "./event-target.ts";
import { LargeRecorded } from "./large.ts";
import { originals } from "./origins.ts";
import type { Recorded } from "./recorded.ts";
import { type Replayed, type ReplayOptions, replaying } from "./replaying.ts";
import { placeOf, resolveSelection, type Selection, type SelectionConfig } from "./selection.ts";
import { handlerTarget, type ReplayTarget } from "./targets.ts";
import { taskTarget } from "./task-target.ts";

/** Connects to what the mesh keeps of calls, tasks and events; it takes the role auditor. Close it when done. */
export async function openRecordings(options: ObserverOptions): Promise<Recordings> {
  const { name, link } = await logIn(options);
  const recordings = new Recordings(link, name);
  try {
    await recordings.start();
    return recordings;
  } catch (error) {
    await recordings.close();
    throw error;
  }
}

/** What the mesh keeps of what was done, to be looked at and to be done once more. */
export class Recordings implements AsyncDisposable {
  readonly #link: Link;
  readonly #name: string;
  readonly #box: AnswerBox;
  readonly #store: StoreAccess;

  /** @internal Made by `openRecordings`. */
  constructor(link: Link, name: string) {
    this.#link = link;
    this.#name = name;
    this.#box = new AnswerBox(link, name);
    this.#store = new StoreAccess({ link, clock: systemClock, replies: this.#box.inbox });
  }

  /** @internal */
  start(): Promise<void> {
    return this.#box.start();
  }

  /** What fits, oldest first; of however many there are a bounded number is in memory. */
  select(selection: Selection = {}, options: Abortable = {}): AsyncIterable<Recorded> {
    return this.#select(resolveSelection(selection), options.signal);
  }

  /** Does what fits once more, at its own pace, and tells of each as it is done. */
  replay(selection: Selection, options: ReplayOptions): AsyncIterable<Replayed> {
    const target = this.#target(options.into);
    const { signal } = options;
    return replaying(this.select(selection, signal && { signal }), target, options);
  }

  async close(): Promise<void> {
    await this.#box.stop();
    await this.#link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#select(
    selection: SelectionConfig,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Recorded, void> {
    const { since, until, from, most } = selection;
    const messages = readStream(this.#box, { ...placeOf(selection), since, signal });
    const fits = fitting(selection);
    let taken = 0;
    for await (const recorded of originals(from, messages)) {
      // In the order in which they were stored: nothing earlier follows.
      if (until !== undefined && recorded.storedAt > until) return;
      if (!fits(recorded)) continue;
      yield recorded;
      if (++taken >= most) return;
    }
  }

  #target(into: ReplayOptions["into"]): ReplayTarget {
    const { link, name, store } = { link: this.#link, name: this.#name, store: this.#store };
    const large = new LargeRecorded({ link, name, store });
    if (typeof into === "function") {
      const target = handlerTarget(into);
      return async (recorded, signal) => target(await large.opened(recorded, signal), signal);
    }
    checkAgent(into);
    const parts = { name, store, large, signer: () => link.credentials };
    if (into.follow !== undefined) return eventTarget(into, parts);
    const asCall = callTarget(into, { name, large, box: this.#box });
    const asTask = taskTarget(into, parts);
    return (recorded, signal) => {
      if (recorded.is === "event" || recorded.is === "result") throw notAsked(recorded);
      const before = recorded.is === "task" && into.version === undefined ? "task" : "call";
      const as = into.as ?? before;
      return as === "task" ? asTask(recorded, signal) : asCall(recorded, signal);
    };
  }
}

/** What nobody asked for cannot be asked for once more. */
function notAsked({ is, stream, sequence }: Recorded): MeshError {
  const how = is === "event" ? "name the follow that gets it" : "replay it into a function";
  return new MeshError(
    MeshCode.InvalidArgument,
    `replay.into: ${stream}:${sequence} is ${is === "event" ? "an event" : "a result"}, no call and no task; ${how}`,
  );
}

/** What is asked of each, so that nothing is compared that nobody asked for. */
function fitting(selection: SelectionConfig): (recorded: Recorded) => boolean {
  const { trace: traceId, task: id, agent, skill, caller, subject, replays } = selection;
  const asked = Object.entries({ traceId, id, agent, skill, caller }).filter(
    (one): one is [keyof Recorded & string, string] => one[1] !== undefined,
  );
  return (recorded) => {
    if (!replays && recorded.replay !== undefined) return false;
    if (!asked.every(([name, wanted]) => recorded[name] === wanted)) return false;
    return subject === undefined || coversSubject(subject, recorded.subject);
  };
}
