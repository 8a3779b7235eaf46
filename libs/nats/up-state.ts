import type { MeshError } from "../errors/index.ts";
import type { CallSignal } from "../pipeline/index.ts";

/** Whether a connection is up, and who wants to hear when that turns. */
export class UpState {
  readonly #onThrow: (thrown: unknown) => void;
  readonly #downs = new Set<() => void>();
  readonly #ups = new Set<() => void>();
  readonly #waiting = new Set<(reason: MeshError) => void>();
  #isUp = true;
  #backAt = Number.NEGATIVE_INFINITY;
  #ended: MeshError | undefined;

  /** Takes what a listener throws: one must not keep the others from hearing. */
  constructor(onThrow: (thrown: unknown) => void) {
    this.#onThrow = onThrow;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** When it came back last, as `performance.now()` has it; minus infinity while it never was away. */
  get backAt(): number {
    return this.#backAt;
  }

  onDown(listener: () => void): () => void {
    this.#downs.add(listener);
    return () => this.#downs.delete(listener);
  }

  onUp(listener: () => void): () => void {
    this.#ups.add(listener);
    return () => this.#ups.delete(listener);
  }

  turn(to: "up" | "down"): void {
    const isUp = to === "up";
    if (this.#isUp === isUp || this.#ended !== undefined) return;
    this.#isUp = isUp;
    if (isUp) this.#backAt = performance.now();
    for (const listener of [...(isUp ? this.#ups : this.#downs)]) this.#tell(listener);
  }

  /** Turns it down for good; whoever waits for it to come back gets the reason. */
  end(reason: MeshError): void {
    this.turn("down");
    this.#ended = reason;
    for (const fail of [...this.#waiting]) fail(reason);
  }

  /** Resolves when it is up; throws the signal's reason, or why it never will be. */
  whenUp(signal: CallSignal): Promise<void> {
    if (this.#isUp) return Promise.resolve();
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        this.#ups.delete(succeed);
        this.#waiting.delete(fail);
        signal.offEnd(fail);
      };
      const succeed = (): void => {
        forget();
        resolve();
      };
      const fail = (reason: MeshError): void => {
        forget();
        reject(reason);
      };
      this.#ups.add(succeed);
      this.#waiting.add(fail);
      signal.onEnd(fail);
    });
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#onThrow(error);
    }
  }
}
