import { dayMs } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { type Clock, checkNumber, pause, systemClock } from "../../pipeline/index.ts";
import type { Recorded } from "./recorded.ts";

/** What is done with the next one. */
export type StepChoice = "run" | "skip" | "stop";

/** How fast it goes. */
export interface PaceOptions {
  /** So many times as fast as it was recorded; `unpaced` is as fast as it goes. Default: 1. */
  readonly speed?: number | "unpaced";
  /** Longest wait between two, in milliseconds: what lies hours apart. Default: 60000. */
  readonly mostGapMs?: number;
  /** Asked before each, one after the other, whatever the speed. Default: nobody is asked. */
  readonly step?: ((next: Recorded) => StepChoice | Promise<StepChoice>) | undefined;
}

const slowest = 0.001;
const fastest = 1_000_000;
const defaultGapMs = 60_000;
const anyGap = { min: 0, max: dayMs, whole: false };

/** Waits as long before each as lay before it when it was recorded. */
export class Pace {
  readonly #clock: Clock;
  readonly #speed: number | undefined;
  readonly #mostGapMs: number;
  #last: number | undefined;
  #due = 0;

  constructor(
    { speed = 1, mostGapMs: gapMs = defaultGapMs, step }: PaceOptions,
    clock: Clock = systemClock,
  ) {
    this.#clock = clock;
    const isSpeed = typeof speed === "number" && speed >= slowest && speed <= fastest;
    if (!isSpeed && speed !== "unpaced") {
      const came = String(speed).slice(0, 80);
      const detail = `replay.speed must be a number from ${slowest} to ${fastest}, or "unpaced", got ${came}`;
      throw new MeshError(MeshCode.InvalidArgument, detail);
    }
    // Whoever steps waits for nothing else.
    this.#speed = isSpeed && step === undefined ? speed : undefined;
    this.#mostGapMs = checkNumber("replay.mostGapMs", gapMs, anyGap);
  }

  /** Resolves when it is this one's turn, or as soon as the signal is aborted. */
  async turn({ at }: Pick<Recorded, "at">, signal: AbortSignal): Promise<void> {
    if (this.#speed === undefined) return;
    const now = this.#clock.now();
    const since = this.#last === undefined ? 0 : Math.max(0, at.getTime() - this.#last);
    this.#due = Math.max(this.#due, this.#last === undefined ? now : 0);
    this.#due += Math.min(since / this.#speed, this.#mostGapMs);
    this.#last = Math.max(this.#last ?? 0, at.getTime());
    if (this.#due > now) await pause(this.#clock, this.#due - now, signal);
  }
}
