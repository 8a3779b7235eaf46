import { setTimeout as pause } from "node:timers/promises";
import { BenchError } from "./bench.ts";
import { quantile } from "./figure.ts";

/** How a caller is to be driven. */
export interface Load {
  readonly inFlight: number;
  /** How long what ends is not counted: until queues are as long as they get. Default: 0. */
  readonly settleMs?: number;
  readonly forMs: number;
}

/** What a caller got done. */
export interface Driven {
  /** Answers per second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answers: number;
  /** Calls that ended in a refusal or failure; they count nowhere else. */
  readonly failures: number;
  /** The first of them. */
  readonly firstFailure: string | undefined;
}

/** A machine that stood still for a whole slice is no reason to give up. */
const mostTries = 3;

/** Keeps as many calls in flight for a while, each answered one replaced at once, and waits for the last. */
export async function drive(call: () => Promise<unknown>, load: Load): Promise<Driven> {
  for (let tries = 1; ; tries++) {
    const driven = await once(call, load);
    if (driven.answers > 0) return driven;
    if (tries === mostTries) {
      throw new BenchError(`nothing was answered in time; ${driven.firstFailure ?? "no failure"}`);
    }
  }
}

async function once(call: () => Promise<unknown>, load: Load): Promise<Driven> {
  const tookMs: number[] = [];
  const from = performance.now() + (load.settleMs ?? 0);
  const until = from + load.forMs;
  let inTime = 0;
  let failures = 0;
  let firstFailure: string | undefined;
  const caller = async (): Promise<void> => {
    for (let started = performance.now(); started < until; started = performance.now()) {
      try {
        await call();
      } catch (error) {
        failures++;
        firstFailure ??= String(error);
        // A refusal that comes at once, again and again, must not keep answers from being read.
        await pause(1);
        continue;
      }
      const ended = performance.now();
      if (ended < from) continue;
      tookMs.push(ended - started);
      if (ended <= until) inTime++;
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, caller));
  return {
    rate: (inTime * 1_000) / load.forMs,
    p50Ms: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
    answers: inTime,
    failures,
    firstFailure,
  };
}
