/** What one frame costs beside its bytes, so that a million empty frames are bounded as well. */
export const frameOverhead = 256;

interface Reader {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

type Ending =
  | { readonly is: "open" }
  | { readonly is: "done" }
  | { readonly is: "failed"; readonly error: unknown };

/** Frames between the connection and a reader that takes them at its own pace. Sized by the credit that is given. */
export class FrameQueue {
  #frames: Uint8Array[] = [];
  #first = 0;
  /** Seldom more than one: only who asks again before it was answered. */
  readonly #waiting: Reader[] = [];
  #ending: Ending = { is: "open" };
  #bytes = 0;

  /** Bytes held, overhead included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a reader stands at the door. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  push(frame: Uint8Array): void {
    if (this.#ending.is !== "open") return;
    const reader = this.#waiting.shift();
    if (reader !== undefined) {
      reader.resolve({ value: frame, done: false });
      return;
    }
    this.#frames.push(frame);
    this.#bytes += frame.length + frameOverhead;
  }

  /** No more will come; what is here is still read. */
  finish(): void {
    this.#end({ is: "done" });
  }

  /** It broke; what is here is read first, then the error is thrown. */
  fail(error: unknown): void {
    this.#end({ is: "failed", error });
  }

  /** Forgets what is here: the reader has left or was called off. */
  clear(): void {
    this.#frames = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const frame = this.#frames[this.#first];
    if (frame !== undefined) {
      this.#take(frame);
      return Promise.resolve({ value: frame, done: false });
    }
    if (this.#ending.is === "done") return Promise.resolve({ value: undefined, done: true });
    if (this.#ending.is === "failed") {
      const { error } = this.#ending;
      // Thrown once; a reader that asks again has reached the end.
      this.#ending = { is: "done" };
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  #take(frame: Uint8Array): void {
    this.#first++;
    this.#bytes -= frame.length + frameOverhead;
    // Shift in batches: moving the rest for each frame would cost its square.
    if (this.#first >= 256 || this.#first === this.#frames.length) {
      this.#frames = this.#frames.slice(this.#first);
      this.#first = 0;
    }
  }

  #end(ending: Ending): void {
    if (this.#ending.is !== "open") return;
    this.#ending = ending;
    const [first, ...others] = this.#waiting.splice(0);
    if (first === undefined) return;
    if (ending.is === "failed") {
      this.#ending = { is: "done" };
      first.reject(ending.error);
    } else first.resolve({ value: undefined, done: true });
    for (const reader of others) reader.resolve({ value: undefined, done: true });
  }
}
