import { MeshCode, MeshError } from "../errors/index.ts";
import { type Timer, timer, type Wheel } from "./wheel.ts";

type Listener = (reason: MeshError) => void;

/**
 * Ends a call once, with the reason: its deadline, or somebody who gave up.
 *
 * It stands where an AbortSignal would, because one of those per call costs more than the whole stack
 * (`AbortSignal.any` 9 µs); a real one is made for whoever asks for it. It is its own timer, which saves each call
 * two objects.
 */
export class CallSignal implements Timer {
  /** The wheel's own business, as are `next`, `previous` and `run`. */
  at = 0;
  next: Timer | undefined = undefined;
  previous: Timer | undefined = undefined;
  readonly #wheel: Wheel;
  #timeoutMs = 0;
  #what = "";
  #reason: MeshError | undefined;
  #listener: Listener | undefined;
  #others: Listener[] | undefined;
  #controller: AbortController | undefined;

  constructor(wheel: Wheel) {
    this.#wheel = wheel;
  }

  /** Why it ended; undefined while it goes on. */
  get reason(): MeshError | undefined {
    return this.#reason;
  }

  /** When it ends by itself, on the wheel's clock; undefined when no deadline stands. */
  get expiresAt(): number | undefined {
    return this.next === undefined ? undefined : this.at;
  }

  /** Sets the deadline, or moves it; `what` is who was asked, for the reason it ends with. */
  expire(at: number, timeoutMs: number, what: string): void {
    if (this.#reason !== undefined) return;
    this.#timeoutMs = timeoutMs;
    this.#what = what;
    this.#wheel.arm(this, at);
  }

  /** Takes the deadline away; what is finished must not be ended later. */
  settle(): void {
    this.#wheel.disarm(this);
  }

  /** Ends it; the first reason stays. */
  end(reason: MeshError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.settle();
    const first = this.#listener;
    const others = this.#others;
    this.#listener = undefined;
    this.#others = undefined;
    first?.(reason);
    if (others !== undefined) for (const listener of others) listener(reason);
    this.#controller?.abort(reason);
  }

  /** Hears of the end; at once when it has ended. */
  onEnd(listener: Listener): void {
    if (this.#reason !== undefined) listener(this.#reason);
    else if (this.#listener === undefined) this.#listener = listener;
    else {
      this.#others ??= [];
      this.#others.push(listener);
    }
  }

  /** Hears of it no more. */
  offEnd(listener: Listener): void {
    if (this.#listener === listener) this.#listener = undefined;
    else {
      const at = this.#others?.indexOf(listener) ?? -1;
      if (at >= 0) this.#others?.splice(at, 1);
    }
  }

  /** Throws the reason when it has ended. */
  throwIfEnded(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** The same as a standard AbortSignal, made on first use. */
  get abortSignal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Its deadline has passed. */
  run(): void {
    const waited = `${this.#what}: nothing within ${Math.round(this.#timeoutMs)} ms`;
    this.end(new MeshError(MeshCode.DeadlineExceeded, waited));
  }
}

/**
 * What comes of work, or the signal's reason as soon as that ends; the work goes on. The signal is this work's alone:
 * it is not told that nobody listens any more.
 */
export function unlessEnded<T>(signal: CallSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.onEnd(reject);
    work().then(resolve, reject);
  });
}

/** Waits, or throws the signal's reason as soon as it ends. */
export function sleep(wheel: Wheel, until: number, signal: CallSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const waking = timer(() => {
      signal.offEnd(onEnd);
      resolve();
    });
    const onEnd = (reason: MeshError): void => {
      wheel.disarm(waking);
      reject(reason);
    };
    wheel.arm(waking, until);
    signal.onEnd(onEnd);
  });
}
