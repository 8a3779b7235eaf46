import { callerInbox, finalState, progressState, runningState, Store } from "@myelin/subjects";
import { maxDeadlineMs } from "../../contract/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { Link } from "../../nats/index.ts";
import {
  type Clock,
  checkNumbers,
  type LargePayloads,
  type Operation,
  unlessAborted,
} from "../../pipeline/index.ts";
import { readRunning } from "../attempts/running.ts";
import type { StoredMessage } from "../stored/answers.ts";
import type { StoreAccess } from "../stored/store.ts";
import { type Final, type Progress, readFinal, statesOf } from "./documents.ts";
import { readGeneration } from "./generation.ts";
import type { TaskHandle, TaskStatus, WaitOptions } from "./handle.ts";
import { wholeResult } from "./result-body.ts";
import { ResultWatch, readProgress, readTold, type WatchEnd } from "./result-watch.ts";
import type { Receipt } from "./sender.ts";
import type { VerifyResult } from "./verifying-results.ts";

export interface TaskParts {
  readonly name: string;
  readonly link: Pick<Link, "subscribe" | "onUp">;
  readonly store: StoreAccess;
  readonly claims: LargePayloads;
  readonly clock: Clock;
  /** Throws unless the final result is by whom it should be. */
  readonly verify: VerifyResult;
}

export interface About {
  readonly operation: Operation;
  readonly id: string;
  readonly receipt: Receipt | undefined;
  /** When it is due, where it is for later. */
  readonly dueAt?: Date | undefined;
  /** When its deadline is over, by the clock of the parts; undefined where it is not known here. */
  readonly endsAt?: number | undefined;
  /** What the contract makes of an answer; throws when it does not fit. */
  readonly parse: (output: unknown) => unknown;
  /** What it makes of a failure: a declared error has its data parsed. */
  readonly failure: (error: MeshError) => MeshError;
  readonly cancel: () => Promise<void>;
}

/** A final result as it lies in the store. */
interface FoundFinal {
  readonly final: Final;
  readonly at: Date;
  readonly stored: StoredMessage;
}

/**
 * So long after the deadline a worker may still be writing that it is over, in milliseconds: it tries several times.
 * Keeper, which does it where no worker comes, is later.
 */
const lastWordMs = 15_000;

const anyWait = { min: 0, max: maxDeadlineMs, whole: false } as const;

export class Task implements TaskHandle {
  readonly id: string;
  readonly receipt: Receipt | undefined;
  readonly #parts: TaskParts;
  readonly #operation: Operation;
  readonly #parse: (output: unknown) => unknown;
  readonly #failure: (error: MeshError) => MeshError;
  readonly #cancel: () => Promise<void>;
  readonly #states: (state: string) => string;
  readonly #dueAt: Date | undefined;
  readonly #endsAt: number | undefined;
  #overdueSince: number | undefined;
  #final: FoundFinal | undefined;

  constructor(parts: TaskParts, about: About) {
    const { operation, id, receipt, dueAt, endsAt, parse, failure, cancel } = about;
    this.#parts = parts;
    this.#operation = operation;
    this.#parse = parse;
    this.#failure = failure;
    this.#cancel = cancel;
    this.id = id;
    this.receipt = receipt;
    this.#dueAt = dueAt;
    this.#endsAt = endsAt;
    this.#states = statesOf({ submitter: parts.name, task: id, agent: operation.agent });
  }

  status({ signal }: Pick<WaitOptions, "signal"> = {}): Promise<TaskStatus> {
    return unlessAborted(this.#status(), signal, `asking for task ${this.id}`);
  }

  async #status(): Promise<TaskStatus> {
    const final = await this.#readFinal();
    if (final !== undefined) return statusOf(final);
    const running = await this.#read(runningState);
    if (running === undefined) return this.#unbegun();
    const { attempt, tries } = readRunning(running);
    const begunAt = tries.at(-1)?.begunAt;
    const since = begunAt === undefined ? running.storedAt : new Date(begunAt);
    return { state: "running", attempt, since, tries };
  }

  #unbegun(): TaskStatus {
    const at = this.#dueAt;
    return at === undefined || at <= new Date() ? { state: "waiting" } : { state: "scheduled", at };
  }

  async result(options: WaitOptions = {}): Promise<unknown> {
    using watch = this.#watch(options, finalState);
    return this.#answer(await watch.untilEnded(), options.signal);
  }

  async *progress(options: WaitOptions = {}): AsyncGenerator<Progress, void> {
    using watch = this.#watch(options, "*");
    let attempt = 0;
    const kept = await unlessAborted(this.#lastTold(), options.signal, `following ${this.id}`);
    // What has come live meanwhile is as new.
    if (kept !== undefined && !watch.hasTold) {
      attempt = kept.attempt;
      yield kept;
    }
    for await (const told of watch) {
      // What an attempt tells that another has taken over from is of no use.
      if (told.attempt < attempt) continue;
      attempt = told.attempt;
      yield told;
    }
    if (watch.ended.is === "stopped") throw watch.ended.error;
  }

  cancel({ signal }: Pick<WaitOptions, "signal"> = {}): Promise<void> {
    return unlessAborted(this.#cancel(), signal, `cancelling task ${this.id}`);
  }

  #watch({ timeoutMs, signal }: WaitOptions, states: string): ResultWatch {
    if (timeoutMs !== undefined) checkNumbers("task", { timeoutMs }, { timeoutMs: anyWait });
    const { link, clock, name } = this.#parts;
    const { agent } = this.#operation;
    return new ResultWatch({
      ...{ link, clock, timeoutMs, signal },
      subject: this.#states(states),
      look: () => this.#hasEnded().catch((error: unknown) => this.#missed(error)),
      hear: (message) => readTold(message, callerInbox(agent)),
      what: `task ${this.id} of ${name} to ${this.#operation.key}`,
    });
  }

  /**
   * Whether its end is in the store; throws when its deadline is long over and nobody has told an end.
   *
   * Whoever comes after the deadline does not begin it, and says so; so does keeper, after a while, where nobody
   * comes. Its submitter does not wait for that.
   */
  async #hasEnded(): Promise<boolean> {
    const isOverdue = this.#endsAt !== undefined && this.#parts.clock.now() > this.#endsAt;
    const wasRedriven = isOverdue && (await this.#generation()) > 0;
    if ((await this.#readFinal()) !== undefined) return true;
    // What was brought back has another deadline.
    if (!isOverdue || wasRedriven) return false;
    this.#overdueSince ??= this.#parts.clock.now();
    if (this.#parts.clock.now() - this.#overdueSince < lastWordMs) return false;
    const { agent } = this.#operation;
    const detail = `${this.id}: its deadline is over, and ${agent} has told no end of it; see whether workers of ${agent} run (\`myelin tasks ls\`), and what status() says, before it is submitted anew under another id`;
    throw new MeshError(MeshCode.DeadlineExceeded, detail);
  }

  /** While the store is away nobody can write an end into it. */
  #missed(error: unknown): never {
    this.#overdueSince = undefined;
    throw error;
  }

  /** What was told before somebody listened, the last of it; undefined where nothing is kept, or can be read now. */
  async #lastTold(): Promise<Progress | undefined> {
    try {
      const stored = await this.#read(progressState);
      const isOld = stored && readGeneration(stored.head) < (await this.#generation());
      return stored === undefined || isOld ? undefined : readProgress(stored);
    } catch {
      return undefined;
    }
  }

  async #answer(ended: WatchEnd, signal: AbortSignal | undefined): Promise<unknown> {
    const found = await this.#readFinal();
    if (found?.final.is === "done") return this.#parse(await this.#output(found, signal));
    if (found?.final.is === "failed") throw this.#failure(found.final.error);
    const error = ended.is === "stopped" ? ended.error : undefined;
    const isOverdue = error?.code === MeshCode.DeadlineExceeded;
    if (isOverdue && this.receipt === undefined && (await this.status()).state === "waiting") {
      const detail = `${this.id}: ${this.#operation.agent} has not begun such a task; it waits in the queue, or ${this.#parts.name} never submitted it`;
      throw new MeshError(MeshCode.UnknownTask, detail, { cause: error });
    }
    throw error ?? new MeshError(MeshCode.Internal, `${this.id} ended without a result`);
  }

  async #readFinal(): Promise<FoundFinal | undefined> {
    if (this.#final !== undefined) return this.#final;
    const stored = await this.#read(finalState);
    if (stored === undefined) return undefined;
    const { agent, skill, response } = this.#operation;
    await this.#parts.verify(stored, { submitter: this.#parts.name, agent, id: this.id });
    const final = readFinal(stored, { skill, id: this.id, codec: response });
    const found = { final, at: stored.storedAt, stored };
    // What failed may be brought back, and have another answer.
    if (final.is === "failed")
      return (await this.#generation()) > readGeneration(stored.head) ? undefined : found;
    this.#final = found;
    return found;
  }

  /** How often it was brought back, as far as it has begun again. */
  async #generation(): Promise<number> {
    const running = await this.#read(runningState);
    return running === undefined ? 0 : readGeneration(running.head);
  }

  /** Fetched only for who wants the answer, and not kept, where it is too large for a message. */
  async #output({ final, stored }: FoundFinal, signal: AbortSignal | undefined): Promise<unknown> {
    const { agent, skill, response } = this.#operation;
    const whole = await wholeResult(stored, agent, { claims: this.#parts.claims, signal });
    const read =
      whole === stored ? final : readFinal(whole, { skill, id: this.id, codec: response });
    return read.is === "done" ? read.output : undefined;
  }

  #read(state: string): ReturnType<StoreAccess["last"]> {
    return this.#parts.store.last(Store.results, this.#states(state));
  }
}

function statusOf({ final, at }: { readonly final: Final; readonly at: Date }): TaskStatus {
  if (final.is === "done") return { state: "done", at };
  const { error } = final;
  return { state: error.code === MeshCode.Cancelled ? "cancelled" : "failed", at, error };
}
