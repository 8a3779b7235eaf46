import type { MeshError } from "../../errors/index.ts";
import { gaveUp, onAbort, type Stop } from "../../pipeline/index.ts";

/** A standard signal as what ends a wait here; undefined where there is none. */
export function stopOf(signal: AbortSignal | undefined, what: string): Stop | undefined {
  return signal === undefined ? undefined : new Aborting(signal, what);
}

class Aborting implements Stop {
  readonly #signal: AbortSignal;
  readonly #what: string;
  readonly #heard = new Map<(reason: MeshError) => void, () => void>();

  constructor(signal: AbortSignal, what: string) {
    this.#signal = signal;
    this.#what = what;
  }

  onEnd(listener: (reason: MeshError) => void): void {
    if (this.#signal.aborted) return listener(this.#reason());
    this.#heard.set(
      listener,
      onAbort(this.#signal, () => listener(this.#reason())),
    );
  }

  offEnd(listener: (reason: MeshError) => void): void {
    this.#heard.get(listener)?.();
    this.#heard.delete(listener);
  }

  throwIfEnded(): void {
    if (this.#signal.aborted) throw this.#reason();
  }

  #reason(): MeshError {
    return gaveUp(this.#what, this.#signal);
  }
}
