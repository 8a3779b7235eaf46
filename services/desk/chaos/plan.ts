import { randomFrom, shuffled } from "./random.ts";

/** One thing that is done to the desk. */
export type Blow = {
  /** When this share of the documents is done. */
  readonly at: number;
} & Target;

type Target =
  /** Ends a process at once, and starts it again. */
  | { readonly is: "kill"; readonly label: string }
  /** Stops a process for longer than a silent worker is believed, and lets it go on. */
  | { readonly is: "freeze"; readonly label: string }
  /** Ends the broker at once, and starts it again over what is on its disk. */
  | { readonly is: "broker" };

/** Whom it may meet. */
export interface Targets {
  /** The workers, of which there are several. */
  readonly workers: readonly string[];
  /** Agents of which there is one. */
  readonly singles: readonly string[];
}

const workerKills = 4;
const brokerKills = 2;
const first = 0.05;
const last = 0.85;

/** What happens in a run: the same for the same seed. Each kind happens at least once. */
export function planChaos(seed: number, { workers, singles }: Targets): readonly Blow[] {
  const random = randomFrom(seed);
  const one = (labels: readonly string[]): string =>
    labels[Math.floor(random() * labels.length)] ?? "";
  const times = <T>(many: number, make: () => T): T[] => Array.from({ length: many }, make);
  const targets: readonly Target[] = shuffled(
    [
      ...times(workerKills, (): Target => ({ is: "kill", label: one(workers) })),
      ...times(brokerKills, (): Target => ({ is: "broker" })),
      { is: "freeze", label: one(workers) },
      { is: "kill", label: "editor" },
      { is: "kill", label: one(singles) },
    ],
    random,
  );
  const span = (last - first) / targets.length;
  return targets.map((target, at) => ({ ...target, at: first + (at + random()) * span }));
}
