import { MeshCode, MeshError } from "../errors/index.ts";
import { type CallSignal, type Clock, type Timer, timer, type Wheel } from "../pipeline/index.ts";
import { frameOverhead } from "./frame-queue.ts";
import { windowBytes } from "./stream-attempt.ts";

/** How often it is asked whether the reader is still there. Its probes come 4 times a second. */
const lookMs = 2_500;
/** A reader that neither read nor asked after its stream between so many looks has gone. */
const mostSilentLooks = 4;

/**
 * Holds a producer back until its reader has room: the reader's pace is the producer's. Ends the stream of a reader
 * that was killed, which nobody else would notice.
 */
export class CreditGate {
  readonly #signal: CallSignal;
  readonly #wheel: Wheel;
  readonly #clock: Clock;
  readonly #look: Timer = timer(() => this.#listen());
  #granted: number;
  #used = 0;
  #silentLooks = 0;
  #go: (() => void) | undefined;

  constructor(granted: number, signal: CallSignal, wheel: Wheel, clock: Clock) {
    this.#granted = granted;
    this.#signal = signal;
    this.#wheel = wheel;
    this.#clock = clock;
    this.#wheel.arm(this.#look, clock.now() + lookMs);
  }

  /** Room for this many bytes since the stream began; it never shrinks. */
  grant(bytes: unknown): void {
    if (typeof bytes !== "number" || !(bytes > this.#granted)) return;
    this.#granted = bytes;
    this.#release();
  }

  /** The caller has shown that it is there. */
  hear(): void {
    this.#silentLooks = 0;
  }

  /** The stream is over: nobody is listened for any more. */
  close(): void {
    this.#wheel.disarm(this.#look);
  }

  /** Whether its reader gives more room than the mesh's own ever do: then it bounds no memory here. */
  get isLavish(): boolean {
    return this.#granted - this.#used > 2 * windowBytes;
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
        this.#go = undefined;
        reject(reason);
      };
      this.#go = () => {
        this.#signal.offEnd(onEnd);
        resolve();
      };
      this.#signal.onEnd(onEnd);
    });
  }

  #release(): void {
    const go = this.#go;
    if (go === undefined || !this.isOpen) return;
    this.#go = undefined;
    go();
  }

  /** Counts looks, not time: a process that stood still finds its reader's probes after its next look. */
  #listen(): void {
    if (++this.#silentLooks <= mostSilentLooks) {
      this.#wheel.arm(this.#look, this.#clock.now() + lookMs);
      return;
    }
    this.#signal.end(
      new MeshError(
        MeshCode.Cancelled,
        `the reader has not been heard of for ${mostSilentLooks * lookMs} ms`,
      ),
    );
  }
}
