import { randomInt } from "node:crypto";
import { randomFrom, shuffled } from "../../services/desk/chaos/random.ts";

/** What goes wrong, and when: at which part of the work done. */
export type Mishap = { readonly at: number } & (
  | { readonly does: "kill worker"; readonly which: number }
  | { readonly does: "stop worker"; readonly which: number; readonly forMs: number }
  | { readonly does: "kill leader" }
  | { readonly does: "restart nodes"; readonly first: number }
  | { readonly does: "cut off node"; readonly which: number; readonly forMs: number }
  | { readonly does: "lose disk"; readonly which: number }
);

/** Everything about one run that chance decides. */
export interface Plan {
  readonly seed: number;
  /** How many messages. */
  readonly messages: number;
  readonly mishaps: readonly Mishap[];
  /** Numbers that decide what each message is. */
  readonly random: () => number;
}

export const workers = 3;
/** How many messages a worker works on at once. */
export const concurrency = 32;
export const nodes = 3;

/**
 * Makes a run of a seed: each kind of mishap at least once, more often the longer it shall be.
 *
 * `MYELIN_CHAOS_SEED` repeats a run, `MYELIN_CHAOS_MESSAGES` and `MYELIN_CHAOS_ROUNDS` make a longer one (give the
 * runner more time then: `npm test -- --test-timeout=3600000 test/chaos`).
 */
export function makePlan(env: NodeJS.ProcessEnv = process.env): Plan {
  const seed = whole(env, "MYELIN_CHAOS_SEED", randomInt(1_000_000));
  const messages = whole(env, "MYELIN_CHAOS_MESSAGES", 5_000);
  const rounds = whole(env, "MYELIN_CHAOS_ROUNDS", 1);
  const random = randomFrom(seed);
  const mishaps = Array.from({ length: rounds }, () => round(random)).flat();
  const spread = mishaps.map((mishap, at) => ({
    ...mishap,
    at: 0.04 + (0.8 * (at + random() * 0.5)) / mishaps.length,
  }));
  return { seed, messages, mishaps: spread as readonly Mishap[], random };
}

/**
 * Most runs beyond the first of each message that the mishaps of a plan explain: whoever is killed or stopped has so
 * many in the middle, and with a node goes what all said of theirs.
 */
export function mostAgain({ mishaps }: Pick<Plan, "mishaps">): number {
  const costs = mishaps.map(({ does }) => {
    if (does === "kill worker" || does === "stop worker") return concurrency;
    return workers * concurrency * (does === "restart nodes" ? nodes : 1);
  });
  return costs.reduce((all, one) => all + one, 0);
}

/** One of each, two of what happens most, in any order. */
function round(random: () => number) {
  const any = (below: number): number => Math.floor(random() * below);
  const stopMs = (): number => 6_000 + any(2_000);
  return shuffled(
    [
      { does: "kill worker", which: any(workers) },
      { does: "kill worker", which: any(workers) },
      { does: "stop worker", which: any(workers), forMs: stopMs() },
      { does: "kill leader" },
      { does: "restart nodes", first: any(nodes) },
      { does: "cut off node", which: any(nodes), forMs: 2_000 + any(3_000) },
      { does: "lose disk", which: any(nodes) },
    ],
    random,
  );
}

function whole(env: NodeJS.ProcessEnv, name: string, usual: number): number {
  const text = env[name];
  if (text === undefined || text === "") return usual;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`${name} must be a whole number from 1 up, got ${JSON.stringify(text)}`);
}
