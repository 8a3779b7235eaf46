import type { Figure } from "./figure.ts";

/** What every bench is given. */
export interface Setting {
  /** Fewer and shorter rounds: under 45 seconds in all. */
  readonly quick: boolean;
  /** The folder of the bundled programs. */
  readonly programs: string;
  /** The nats-server to start. */
  readonly natsServer: string;
  /** Says how far it is. */
  readonly say: (line: string) => void;
}

/** One benchmark. */
export interface Bench {
  /** Its programs that run in processes of their own: files of this folder, without their ending. */
  readonly programs: readonly string[];
  /** Measures, and answers with what it found; throws when it could not measure. */
  run(setting: Setting): Promise<readonly Figure[]>;
}

/** A bench could not measure, or was asked for something that does not exist. */
export class BenchError extends Error {
  override readonly name = "BenchError";
}
