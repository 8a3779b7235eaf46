import { MeshCode, MeshError } from "../errors/index.ts";
import type { Send } from "../pipeline/index.ts";
import type { Begun } from "./client.ts";

type Result = IteratorResult<unknown, undefined>;

const over: Result = Object.freeze({ value: undefined, done: true });

type State =
  | { readonly is: "ready" }
  | {
      readonly is: "asking";
      readonly begun: Begun;
      readonly frames: Promise<AsyncIterator<unknown>>;
    }
  | { readonly is: "reading"; readonly begun: Begun; readonly frames: AsyncIterator<unknown> }
  | { readonly is: "over" };

/** A streamed call as its caller holds it. It is sent when the loop begins, and read once; leaving cancels it. */
export class CallStream implements AsyncIterableIterator<unknown> {
  readonly #begin: () => Begun;
  readonly #send: Send;
  #state: State = { is: "ready" };
  #taken = false;

  constructor(begin: () => Begun, send: Send) {
    this.#begin = begin;
    this.#send = send;
  }

  [Symbol.asyncIterator](): this {
    if (this.#taken) {
      throw new MeshError(
        MeshCode.InvalidArgument,
        "a streamed call is read once; call the skill again for another",
      );
    }
    this.#taken = true;
    return this;
  }

  async next(): Promise<Result> {
    try {
      if (this.#state.is === "over") return over;
      const frames = this.#state.is === "reading" ? this.#state.frames : await this.#ask();
      const result = (await frames.next()) as Result;
      if (result.done === true) this.#finish();
      return result;
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  async return(): Promise<Result> {
    const state = this.#state;
    if (state.is === "asking") state.begun.call.signal.end(left());
    if (state.is === "reading") await state.frames.return?.();
    this.#finish();
    return over;
  }

  async #ask(): Promise<AsyncIterator<unknown>> {
    if (this.#state.is === "asking") return this.#state.frames;
    const begun = this.#begin();
    const frames = this.#send(begun.call).then((reply) =>
      (reply.value as AsyncIterable<unknown>)[Symbol.asyncIterator](),
    );
    this.#state = { is: "asking", begun, frames };
    const iterator = await frames;
    if (this.#state.is === "asking") this.#state = { is: "reading", begun, frames: iterator };
    return iterator;
  }

  #finish(): void {
    if (this.#state.is === "asking" || this.#state.is === "reading") this.#state.begun.release?.();
    this.#state = { is: "over" };
  }
}

function left(): MeshError {
  return new MeshError(MeshCode.Cancelled, "the reader left before the first frame");
}
