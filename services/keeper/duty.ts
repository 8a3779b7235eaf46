import type { Keeping } from "@myelin/mesh/operate";

/** One thing that keeper does, for as long as it runs. */
export interface Duty {
  /** For log lines: what is looked after. */
  readonly name: string;
  /** Resolves when it is at work; tried again when it throws, since streams may be made later. */
  start(signal: AbortSignal): Promise<void>;
  /** Takes nothing new and ends what it does; does nothing where it was not started. */
  stop(): Promise<void>;
}

/** Makes a duty; nothing begins before its start. */
export type MakeDuty = (keeping: Keeping) => Duty;
