/** Changes or refuses one frame; what it throws ends the stream. */
export type FrameStep = (frame: unknown) => unknown;

/** Says what the reader gets to see instead of an error of the stream. */
export type FailureStep = (error: unknown) => unknown;

type DoneListener = (error: unknown) => void;

type Stage =
  | { readonly is: "each"; readonly step: FrameStep }
  | { readonly is: "failure"; readonly step: FailureStep };

/**
 * The frames of a stream with what the layers do to them, in one wrapper however many layers there are:
 * a wrapper each would cost every frame one more promise per layer.
 *
 * Steps are added before the first frame is read, the innermost layer's first; an error is seen by the steps that
 * were added after the one it came from. One reader only.
 */
export class Frames implements AsyncIterableIterator<unknown> {
  readonly #source: AsyncIterator<unknown>;
  readonly #stages: Stage[] = [];
  #listeners: DoneListener[] | undefined;
  #isDone = false;

  private constructor(source: AsyncIterator<unknown>) {
    this.#source = source;
  }

  /** Wraps an iterable; one that is wrapped already is the answer itself. */
  static from(source: AsyncIterable<unknown>): Frames {
    return source instanceof Frames ? source : new Frames(source[Symbol.asyncIterator]());
  }

  /** Does this to each frame. */
  each(step: FrameStep): this {
    this.#stages.push({ is: "each", step });
    return this;
  }

  /** Does this to an error of the source or of an earlier step. */
  onFailure(step: FailureStep): this {
    this.#stages.push({ is: "failure", step });
    return this;
  }

  /** Hears once that no frame will follow: it ended, its reader left, or it failed with this error. */
  onDone(listener: DoneListener): this {
    if (this.#isDone) listener(undefined);
    else {
      this.#listeners ??= [];
      this.#listeners.push(listener);
    }
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#isDone) return Promise.resolve({ value: undefined, done: true });
    try {
      return this.#source.next().then(this.#take, this.#fail);
    } catch (error) {
      // An iterator written by hand may throw where it should reject.
      return Promise.reject(this.#end(error, 0));
    }
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    try {
      await this.#source.return?.();
    } finally {
      this.#finish(undefined);
    }
    return { value: undefined, done: true };
  }

  readonly #take = (
    result: IteratorResult<unknown, unknown>,
  ): IteratorResult<unknown, undefined> | Promise<never> => {
    if (typeof result !== "object" || result === null) throw this.#end(noResult(), 0);
    if (result.done === true) {
      this.#finish(undefined);
      return { value: undefined, done: true };
    }
    let frame = result.value;
    let at = 0;
    try {
      for (; at < this.#stages.length; at++) {
        const stage = this.#stages[at];
        if (stage?.is === "each") frame = stage.step(frame);
      }
    } catch (error) {
      return this.#leave(error, at);
    }
    return { value: frame, done: false };
  };

  readonly #fail = (error: unknown): never => {
    throw this.#end(error, 0);
  };

  /** A frame that a step refuses is the last: the source is told to stop, and is done only when it has. */
  async #leave(error: unknown, at: number): Promise<never> {
    try {
      await this.#source.return?.();
    } catch {
      // The reader hears of the refused frame, which came first.
    }
    throw this.#end(error, at);
  }

  #end(error: unknown, from: number): unknown {
    let seen = error;
    for (const stage of this.#stages.slice(from))
      if (stage.is === "failure") seen = stage.step(seen);
    this.#finish(seen);
    return seen;
  }

  #finish(error: unknown): void {
    if (this.#isDone) return;
    this.#isDone = true;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(error);
  }
}

function noResult(): TypeError {
  return new TypeError("its iterator gave no result, an object with `value` and `done`");
}
