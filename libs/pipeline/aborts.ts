import { MeshCode, MeshError } from "../errors/index.ts";

/** What may end a wait, or whatever else goes on, from outside. */
export interface Abortable {
  /** Of one by `AbortSignal.timeout` the error is `deadline_exceeded`, else `cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/** Who hears of an AbortSignal's end: one listener on it, however many calls share it. */
const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Hears once that a signal is aborted; the answer hears of it no more.
 *
 * One signal for hundreds of calls is common, and Node warns of a leak from the eleventh listener on.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const hearing = listeners.get(signal) ?? listen(signal);
  hearing.add(listener);
  return () => hearing.delete(listener);
}

function listen(signal: AbortSignal): Set<() => void> {
  const hearing = new Set<() => void>();
  listeners.set(signal, hearing);
  const tellAll = (): void => {
    for (const listener of [...hearing]) listener();
    hearing.clear();
  };
  signal.addEventListener("abort", tellAll, { once: true });
  return hearing;
}

/** Throws `invalid_argument` for what is given as a signal and is none. */
export function checkSignal(option: string, given: unknown): void {
  if (given === undefined) return;
  if (typeof (given as AbortSignal | null)?.addEventListener === "function") return;
  const came = given === null ? "null" : typeof given;
  throw new MeshError(MeshCode.InvalidArgument, `${option} must be an AbortSignal, got ${came}`);
}
