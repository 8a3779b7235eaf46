import { Circuit, type CircuitParts } from "./circuit.ts";

/** Most skills that a circuit is kept for. */
const mostCircuits = 1_000;

/** The circuits of one connection, one per agent and skill that it calls. */
export class Breakers {
  readonly #parts: CircuitParts;
  readonly #circuits = new Map<string, Circuit>();
  #stopRotation: (() => void) | undefined;

  constructor(parts: CircuitParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#circuits.size;
  }

  circuit(key: string): Circuit {
    const circuit = this.#circuits.get(key);
    if (circuit === undefined) return this.#make(key);
    circuit.isUsed = true;
    return circuit;
  }

  /** Ends every timer; the circuits are of no use afterwards. */
  shutdown(): void {
    this.#stopRotation?.();
    this.#stopRotation = undefined;
    for (const circuit of this.#circuits.values()) circuit.shutdown();
    this.#circuits.clear();
  }

  #make(key: string): Circuit {
    if (this.#circuits.size >= mostCircuits) this.#forgetOne();
    const circuit = new Circuit(key, this.#parts);
    this.#circuits.set(key, circuit);
    // One timer moves all windows; opossum's own would be one per skill.
    if (this.#stopRotation === undefined) this.#rotateLater();
    return circuit;
  }

  /** The first that was not used since it was last looked at: nearly the least recently used, at no cost per call. */
  #forgetOne(): void {
    for (const [key, circuit] of this.#circuits) {
      this.#circuits.delete(key);
      if (!circuit.isUsed) return circuit.shutdown();
      circuit.isUsed = false;
      this.#circuits.set(key, circuit);
    }
  }

  #rotateLater(): void {
    const { clock, config } = this.#parts;
    this.#stopRotation = clock.schedule(config.windowMs / 10, () => {
      for (const circuit of this.#circuits.values()) circuit.rotate();
      this.#rotateLater();
    });
  }
}
