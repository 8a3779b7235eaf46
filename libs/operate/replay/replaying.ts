import { MeshCode, MeshError } from "../../errors/index.ts";
import {
  type Clock,
  checkNumber,
  gaveUp,
  onAbort,
  systemClock,
  unlessAborted,
} from "../../pipeline/index.ts";
import { type AnswerDifference, type CompareOptions, compareAnswers } from "./compare.ts";
import { Pace, type PaceOptions } from "./pace.ts";
import type { Recorded, RecordedAnswer } from "./recorded.ts";
import type { ReplayAgent, ReplayHandler, ReplayTarget } from "./targets.ts";

/** How something is replayed. */
export interface ReplayOptions extends PaceOptions {
  /** Where it is done once more: a function here, a sandbox agent, another version. */
  readonly into: ReplayHandler | ReplayAgent;
  /** Whether, and how, answers are compared with those of then. Default: they are not. */
  readonly compare?: CompareOptions | undefined;
  /** Most that run at once. Default: 16; one, where steps are asked for. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

/** What became of one that was replayed. */
export interface Replayed {
  readonly recorded: Recorded;
  /** Undefined where it was not done. */
  readonly answer: RecordedAnswer | undefined;
  /** Why it was not. */
  readonly skipped: string | undefined;
  /** In which fields the answers differ; undefined where they were not compared. */
  readonly differences: readonly AnswerDifference[] | undefined;
}

const usualConcurrency = 16;
const anyConcurrency = { min: 1, max: 1_024, whole: true };
/** Done, and not yet looked at. */
const mostDone = 256;

/** Does what was recorded once more, in its order and at its pace; tells of each as it is done. */
export async function* replaying(
  source: AsyncIterable<Recorded>,
  target: ReplayTarget,
  options: ReplayOptions,
  clock: Clock = systemClock,
): AsyncGenerator<Replayed, void> {
  const run = new ReplayRun(source, target, { options, pace: new Pace(options, clock) });
  try {
    yield* run.results();
  } finally {
    await run.stop();
  }
}

class ReplayRun {
  readonly #source: AsyncIterable<Recorded>;
  readonly #target: ReplayTarget;
  readonly #options: ReplayOptions;
  readonly #pace: Pace;
  readonly #concurrency: number;
  readonly #controller = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #done: Replayed[] = [];
  #failure: unknown;
  #isFed = false;
  readonly #waiting: (() => void)[] = [];
  #feeding: Promise<void> = Promise.resolve();

  constructor(
    source: AsyncIterable<Recorded>,
    target: ReplayTarget,
    { options, pace }: { readonly options: ReplayOptions; readonly pace: Pace },
  ) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#pace = pace;
    const { concurrency = usualConcurrency, step } = options;
    checkNumber("replay.concurrency", concurrency, anyConcurrency);
    this.#concurrency = step === undefined ? concurrency : 1;
  }

  async *results(): AsyncGenerator<Replayed, void> {
    const { signal } = this.#options;
    const giveUp = (): void => this.#controller.abort(signal?.reason);
    if (signal?.aborted === true) giveUp();
    const unhear = signal && onAbort(signal, giveUp);
    this.#feeding = this.#feed();
    try {
      for (;;) {
        for (let one = this.#done.shift(); one !== undefined; one = this.#done.shift()) {
          this.#wake();
          yield one;
        }
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#isFed && this.#running.size === 0 && this.#done.length === 0) break;
        await this.#change();
      }
    } finally {
      unhear?.();
    }
    if (signal?.aborted === true) throw gaveUp("the replay", signal);
  }

  async stop(): Promise<void> {
    this.#controller.abort();
    this.#wake();
    await this.#feeding;
    await Promise.all(this.#running);
  }

  async #feed(): Promise<void> {
    const { signal } = this.#controller;
    try {
      for await (const recorded of this.#source) {
        await this.#pace.turn(recorded, signal);
        while (this.#isFull && !signal.aborted) await this.#change();
        if (signal.aborted) break;
        const choice = recorded.unfit === undefined ? await this.#choice(recorded) : "skip";
        if (choice === "stop") break;
        if (choice === "skip") this.#skip(recorded, recorded.unfit ?? "skipped");
        else this.#run(recorded);
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#isFed = true;
    this.#wake();
  }

  get #isFull(): boolean {
    return this.#running.size >= this.#concurrency || this.#done.length >= mostDone;
  }

  #choice(recorded: Recorded) {
    return this.#options.step?.(recorded) ?? "run";
  }

  #skip(recorded: Recorded, skipped: string): void {
    this.#tell({ recorded, skipped, answer: undefined, differences: undefined });
  }

  #run(recorded: Recorded): void {
    const running: Promise<void> = this.#once(recorded)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#running.delete(running);
        this.#wake();
      });
    this.#running.add(running);
  }

  async #once(recorded: Recorded): Promise<void> {
    const begunAt = performance.now();
    let answer: RecordedAnswer;
    try {
      // A function that never comes back must not hold up an end.
      const { signal } = this.#controller;
      answer = await unlessAborted(this.#target(recorded, signal), signal, "the replay");
    } catch (thrown) {
      const error = MeshError.from(thrown);
      // What was asked wrongly is wrong for all of them.
      if (error.code === MeshCode.InvalidArgument || error.code === MeshCode.PermissionDenied)
        throw error;
      answer = { frames: [], skipped: 0, error, tookMs: performance.now() - begunAt };
    }
    const { compare } = this.#options;
    const isCompared = compare !== undefined && recorded.answer !== undefined;
    const differences = isCompared ? compareAnswers(recorded, answer, compare) : undefined;
    this.#tell({ recorded, answer, skipped: undefined, differences });
  }

  #tell(replayed: Replayed): void {
    this.#done.push(replayed);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when something has changed. */
  #change(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}
