import { isToken, Store, storeApi, taskFilter, tokenRule } from "@myelin/subjects";
import { taskCancellation, write } from "../../durable/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { type Abortable, systemClock } from "../../pipeline/index.ts";
import { type ObserverOptions, observe } from "../observe.ts";
import type { Observer } from "../observer.ts";
import { Standing } from "../standing.ts";
import { storedMessages } from "../stores/index.ts";
import { type AgentBacklog, readBacklogs } from "./backlog.ts";
import { readDetails, type TaskDetails, type TaskFilter } from "./details.ts";
import { type QueuedState, type TaskReader, type TaskView, viewOf } from "./reader.ts";
import { readQueued } from "./view.ts";

/** Which tasks that are not done; each word narrows it. */
export interface QueuedFilter extends TaskFilter {
  readonly skill?: string | undefined;
  readonly state?: QueuedState | undefined;
  /** Most that are told. Default: 1000. */
  readonly most?: number | undefined;
}

const mostListed = 1_000;

/** Connects to the tasks of a workspace, as an operator; close it when done. */
export async function openTasks(options: ObserverOptions): Promise<TaskBoard> {
  const observer = await observe(options);
  try {
    return new TaskBoard(await Standing.join(options), observer);
  } catch (error) {
    await observer.close();
    throw error;
  }
}

/** What is pending, running and stuck in a workspace, per agent and one by one. */
export class TaskBoard implements AsyncDisposable {
  readonly #standing: Standing;
  readonly #observer: Observer;
  /** Who is there, by agent, as it was asked first. */
  readonly #present = new Map<string, Promise<ReadonlySet<string>>>();

  /** @internal Use `openTasks`. */
  constructor(standing: Standing, observer: Observer) {
    this.#standing = standing;
    this.#observer = observer;
  }

  /** What waits for each agent that takes tasks. */
  backlogs({ signal }: Abortable = {}): Promise<readonly AgentBacklog[]> {
    this.#present.clear();
    return readBacklogs(this.#reader, signal);
  }

  /** Tasks that are not done, the oldest first. */
  async *list(
    filter: QueuedFilter = {},
    { signal }: Abortable = {},
  ): AsyncGenerator<TaskView, void, undefined> {
    const { agent = "*", skill = "*", submitter, state, most = mostListed } = filter;
    checkWords({ agent, skill, submitter });
    this.#present.clear();
    const subject = taskFilter({ agent, skill });
    const options = { subject, api: storeApi, signal };
    let told = 0;
    for await (const stored of storedMessages(this.#standing, Store.tasks, options)) {
      const queued = readQueued(stored);
      if (queued === undefined || (submitter ?? queued.submitter) !== queued.submitter) continue;
      const view = await viewOf(this.#reader, queued, await this.#presentOf(queued.agent));
      if (state !== undefined && view.state !== state) continue;
      yield view;
      if (++told >= most) return;
    }
  }

  /** Everything about the tasks of an id; throws `unknown_task` where there is none. */
  async show(
    id: string,
    filter: TaskFilter = {},
    { signal }: Abortable = {},
  ): Promise<readonly TaskDetails[]> {
    checkWords({ id, ...filter });
    this.#present.clear();
    return await readDetails(this.#reader, id, { ...filter, signal });
  }

  /** Orders that a task be stopped; resolves when that is stored. Its result tells whether it came in time. */
  async cancel({ id, agent, skill, submitter }: CancelledTask): Promise<void> {
    checkWords({ id, agent, skill, submitter });
    const { name, store, signer } = this.#standing;
    const cancellation = taskCancellation({ id, agent, skill, submitter, by: name }, signer());
    await write(store, systemClock, cancellation);
  }

  async close(): Promise<void> {
    await Promise.all([this.#standing.close(), this.#observer.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #reader(): TaskReader {
    const present = (agent: string): Promise<ReadonlySet<string>> => this.#presentOf(agent);
    return { door: this.#standing, store: this.#standing.store, api: storeApi, present };
  }

  #presentOf(agent: string): Promise<ReadonlySet<string>> {
    const known = this.#present.get(agent);
    if (known !== undefined) return known;
    const asked = this.#observer.info(agent).then((all) => new Set(all.map(({ id }) => id)));
    this.#present.set(agent, asked);
    return asked;
  }
}

/** The task that is to be stopped. */
export interface CancelledTask {
  readonly id: string;
  readonly agent: string;
  readonly skill: string;
  readonly submitter: string;
}

function checkWords(words: Readonly<Record<string, string | undefined>>): void {
  for (const [word, value] of Object.entries(words)) {
    if (value === undefined || value === "*" || isToken(value)) continue;
    const came = JSON.stringify(value.slice(0, 80));
    throw new MeshError(
      MeshCode.InvalidArgument,
      `tasks.${word} must be ${tokenRule}, got ${came}`,
    );
  }
}
