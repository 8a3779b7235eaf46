import { constants } from "node:os";
import { checkNumbers } from "../pipeline/index.ts";
import { longest, within } from "./within.ts";

/** The part of `process` that is needed. */
export interface Signals {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

export interface DrainOptions {
  /** Longest that draining may take, in milliseconds. Default: 25000, within Kubernetes' 30 seconds of grace. */
  readonly timeoutMs?: number;
  /** What asks for it. Default: SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Hears how it went; an error when draining failed or took too long. Default: nobody. */
  readonly onEnd?: (error: unknown) => void;
  /** Default: this process. */
  readonly process?: Signals;
}

/**
 * Ends the program in good order when it is told to: drains, then exits with 0.
 *
 * Exits with 1 when draining fails or takes too long, and at once on a second signal, with that signal's usual code.
 * The answer takes the handlers away again. Throws `invalid_argument` on a time out of range.
 */
export function drainOnSignal(
  drain: () => Promise<unknown>,
  options: DrainOptions = {},
): Disposable {
  const { signals = ["SIGTERM", "SIGINT"], onEnd } = options;
  const { timeoutMs } = checkNumbers(
    "drainOnSignal",
    { timeoutMs: options.timeoutMs ?? 25_000 },
    { timeoutMs: longest },
  );
  const host: Signals = options.process ?? process;
  let isDraining = false;

  const onSignal = (signal: NodeJS.Signals): void => {
    if (isDraining) return host.exit(128 + constants.signals[signal]);
    isDraining = true;
    void within(timeoutMs, "draining", drain).then(
      () => end(0, undefined),
      (error: unknown) => end(1, error),
    );
  };
  const end = (code: number, error: unknown): void => {
    try {
      onEnd?.(error);
    } finally {
      host.exit(code);
    }
  };
  for (const signal of signals) host.on(signal, onSignal);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) host.off(signal, onSignal);
    },
  };
}
