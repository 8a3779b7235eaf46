import type { MeshError } from "../errors/index.ts";
import type { Denied } from "./errors.ts";

/** Hears of a subject that the server refused; answers true when whoever tried it knows by that. */
// biome-ignore lint/suspicious/noConfusingVoidType: a listener that only listens says nothing.
export type DeniedListener = (denied: Denied) => boolean | void;

/** Most kinds of refusal that are remembered as told. */
const mostTold = 256;

/**
 * Who hears of subjects that the server refused.
 *
 * What nobody deals with is trouble, told once for each line of `mesh.yaml` that would allow it: a beat that is
 * refused is refused each second, and each reply under another subject.
 */
export class Denials {
  readonly #trouble: (thrown: unknown) => void;
  readonly #listeners = new Set<DeniedListener>();
  readonly #told = new Set<string>();

  constructor(trouble: (thrown: unknown) => void) {
    this.#trouble = trouble;
  }

  on(listener: DeniedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly tell = (denied: Denied): void => {
    let isKnown = false;
    for (const listener of [...this.#listeners]) {
      try {
        isKnown = listener(denied) === true || isKnown;
      } catch (error) {
        this.#trouble(error);
      }
    }
    if (!isKnown) this.#tellOnce(denied, denied.error);
  };

  /** What is allowed may be something else from now on. */
  forget(): void {
    this.#told.clear();
  }

  #tellOnce({ operation, subject, line }: Denied, error: MeshError): void {
    const kind = `${operation} ${line ?? subject.split(".", 2).join(".")}`;
    if (this.#told.has(kind)) return;
    if (this.#told.size >= mostTold) this.#told.clear();
    this.#told.add(kind);
    this.#trouble(error);
  }
}
