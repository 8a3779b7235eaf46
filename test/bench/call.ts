import { layerCosts } from "./call/layer-costs.ts";
import { cost, type Pair, slice, startPair, warm } from "./call/pair.ts";
import { type Kind, kinds } from "./call/side.ts";
import type { Bench, Setting } from "./support/bench.ts";
import { Children } from "./support/children.ts";
import { atLeast, atMost, type Figure, middle, ratio, type Target } from "./support/figure.ts";
import { rounds } from "./support/rounds.ts";
import { Server } from "./support/server.ts";

/** What a call costs against the client's own `request()`, and against Moleculer. */
export const call: Bench = {
  programs: ["call/agent", "call/caller", "call/layers"],

  async run(setting) {
    return [...(await compareAll(setting)), ...(await layerCosts(setting))];
  },
};

async function compareAll(setting: Setting): Promise<Figure[]> {
  await using server = await Server.start(setting);
  await using children = new Children(setting);
  const pairs = new Map<Kind, Pair>();
  for (const kind of kinds) pairs.set(kind, await startPair(children, server, { kind }));
  await warm(pairs.values());
  const figures: Figure[] = [];
  for (const level of levels) figures.push(...(await compare(setting, pairs, level)));
  return figures;
}

/** How many calls are in flight, what is compared there, and what is promised. */
interface Level {
  readonly inFlight: number;
  readonly id: string;
  readonly measure: "rate" | "p50Ms";
  readonly target: Target;
}

const levels: readonly Level[] = [
  { inFlight: 1, id: "1.p50", measure: "p50Ms", target: atMost(1) },
  { inFlight: 64, id: "64", measure: "rate", target: atLeast(1.5) },
  { inFlight: 256, id: "256", measure: "rate", target: atLeast(1.8) },
];

async function compare(
  setting: Setting,
  pairs: ReadonlyMap<Kind, Pair>,
  { inFlight, id, measure, target }: Level,
): Promise<Figure[]> {
  const count = setting.quick ? 8 : 15;
  const forMs = setting.quick ? 300 : 600;
  const results = await rounds(
    count,
    [...pairs].map(([name, pair]) => ({ name, run: () => slice(pair, inFlight, forMs) })),
    (line) => setting.say(`${inFlight} in flight: ${line}`),
  );
  const of = (kind: Kind): number[] => results(kind).map((result) => result[measure]);
  const costs = (kind: Kind): string => cost(results(kind));
  return [
    {
      id: `call.${id}`,
      ...ratio(of("mesh"), of("raw")),
      unit: "x raw",
      target,
      note: costs("mesh"),
    },
    {
      id: `call.moleculer.${id}`,
      ...ratio(of("moleculer"), of("raw")),
      unit: "x raw",
      note: costs("moleculer"),
    },
    {
      id: `call.raw.${id}`,
      ...middle(of("raw")),
      unit: measure === "rate" ? "calls/s" : "ms",
      note: costs("raw"),
    },
  ];
}
