import { Chaos } from "../chaos/chaos.ts";
import { planChaos } from "../chaos/plan.ts";
import type { Screen } from "../screen/screen.ts";
import { type Desk, singles, summarizerLabel } from "./desk.ts";
import { Mishaps } from "./mishaps.ts";
import type { Ended } from "./record.ts";

/** What is done to a desk on purpose while it works. */
export interface Trouble {
  /** Told of the progress; what is due happens beside it. */
  onProgress(done: number, documents: number): void;
  /** What was done, once it is over. */
  over(): Promise<Ended>;
}

export interface TroubleOptions {
  readonly desk: Pick<Desk, "crew" | "broker">;
  readonly summarizers: number;
  readonly chaos: { readonly seed: number } | undefined;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** One summarizer killed and one drained; with chaos, everything that can be. */
export function troubleOf(options: TroubleOptions): Trouble {
  return options.chaos === undefined ? mishaps(options) : chaos(options, options.chaos);
}

function mishaps({ desk, screen }: TroubleOptions): Trouble {
  const { yellow } = screen.palette;
  const both = new Mishaps({
    crew: desk.crew,
    toKill: summarizerLabel(2),
    toDrain: summarizerLabel(3),
    onEnd: (kind, { label, pid }) => screen.say(yellow(`${label} ${kind} (process ${pid})`)),
  });
  return {
    onProgress: (done, documents) => both.onProgress(done, documents),
    over: async () => ({ ...(await both.over()), chaos: undefined }),
  };
}

function chaos(
  { desk, summarizers, screen, signal }: TroubleOptions,
  { seed }: { readonly seed: number },
): Trouble {
  const { yellow } = screen.palette;
  screen.say(`Chaos with --seed ${seed}`);
  const workers = Array.from({ length: summarizers }, (_, at) => summarizerLabel(at + 1));
  const all = new Chaos({
    ...{ crew: desk.crew, broker: desk.broker, signal },
    plan: planChaos(seed, { workers, singles }),
    onBlow: ({ what, label, pid }) => screen.say(yellow(`${label} ${what} (process ${pid})`)),
  });
  return {
    onProgress: (done, documents) => all.onProgress(done, documents),
    over: async () => {
      const chaos = { seed, blows: await all.over() };
      return { killed: undefined, drained: undefined, chaos };
    },
  };
}
