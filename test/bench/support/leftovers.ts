import { constants } from "node:os";

/** Does this should the process end before things were put away in good order; the answer calls it off. */
export function atExit(putAway: () => void): () => void {
  process.once("exit", putAway);
  return () => void process.off("exit", putAway);
}

/** Lets a signal end the process as an exit does, so that nothing it started outlives it. */
export function exitOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}
