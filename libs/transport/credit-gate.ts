import { MeshCode, MeshError } from "../errors/index.ts";
import { type CallSignal, type Clock, type Timer, timer, type Wheel } from "../pipeline/index.ts";
import { frameOverhead } from "./frame-queue.ts";

/** A reader that neither reads nor asks after its stream for so long has gone. Its probes come 4 times a second. */
const callerSilenceMs = 10_000;

/** Holds a producer back until its reader has room: the reader's pace is the producer's. */
export class CreditGate {
  readonly #signal: CallSignal;
  readonly #wheel: Wheel;
  readonly #clock: Clock;
  readonly #silence: Timer = timer(() => this.#listen());
  #granted: number;
  #used = 0;
  #heardAt: number;
  #go: (() => void) | undefined;

  constructor(granted: number, signal: CallSignal, wheel: Wheel, clock: Clock) {
    this.#granted = granted;
    this.#signal = signal;
    this.#wheel = wheel;
    this.#clock = clock;
    this.#heardAt = clock.now();
  }

  /** Room for this many bytes since the stream began; it never shrinks. */
  grant(bytes: unknown): void {
    if (typeof bytes !== "number" || !(bytes > this.#granted)) return;
    this.#granted = bytes;
    this.#release();
  }

  /** The caller has shown that it is there. */
  hear(now: number): void {
    this.#heardAt = now;
  }

  /** Whether another frame may go out now. One frame may overdraw, else a large one would never pass. */
  get isOpen(): boolean {
    return this.#used < this.#granted;
  }

  use(bytes: number): void {
    this.#used += bytes + frameOverhead;
  }

  /** Resolves when there is room; throws when the signal ends. */
  wait(): Promise<void> {
    if (this.isOpen) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onEnd = (reason: MeshError): void => {
        this.#wheel.disarm(this.#silence);
        this.#go = undefined;
        reject(reason);
      };
      this.#go = () => {
        this.#signal.offEnd(onEnd);
        resolve();
      };
      this.#wheel.arm(this.#silence, this.#clock.now() + callerSilenceMs);
      this.#signal.onEnd(onEnd);
    });
  }

  #release(): void {
    const go = this.#go;
    if (go === undefined || !this.isOpen) return;
    this.#go = undefined;
    this.#wheel.disarm(this.#silence);
    go();
  }

  #listen(): void {
    const silentMs = this.#clock.now() - this.#heardAt;
    if (silentMs < callerSilenceMs) {
      this.#wheel.arm(this.#silence, this.#heardAt + callerSilenceMs);
      return;
    }
    this.#signal.end(
      new MeshError(
        MeshCode.Cancelled,
        `the reader has not been heard of for ${Math.round(silentMs)} ms`,
      ),
    );
  }
}
