import { layerCosts } from "./call/layer-costs.ts";
import { type Kind, kinds } from "./call/side.ts";
import type { Bench, Setting } from "./support/bench.ts";
import type { Child } from "./support/child.ts";
import { Children } from "./support/children.ts";
import type { Driven } from "./support/drive.ts";
import { atLeast, atMost, type Figure, middle, ratio, type Target } from "./support/figure.ts";
import { cpuMs } from "./support/processes.ts";
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
  const sides: Side[] = [];
  for (const kind of kinds) {
    const place = { kind, url: server.url };
    const agent = await children.start("call/agent", place);
    sides.push({ kind, agent, caller: await children.start("call/caller", place) });
  }
  for (const { caller } of sides) await caller.ask("drive", { inFlight: 64, forMs: 1_000 });
  const figures: Figure[] = [];
  for (const level of levels) figures.push(...(await compare(setting, server, sides, level)));
  return figures;
}

interface Side {
  readonly kind: Kind;
  readonly agent: Child;
  readonly caller: Child;
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
  server: Server,
  sides: readonly Side[],
  { inFlight, id, measure, target }: Level,
): Promise<Figure[]> {
  const count = setting.quick ? 8 : 15;
  const forMs = setting.quick ? 300 : 600;
  const results = await rounds(
    count,
    sides.map((side) => ({
      name: side.kind,
      run: () => slice(side, server, inFlight, forMs),
    })),
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

interface Slice extends Driven {
  /** CPU time spent by caller, agent and server, in milliseconds. */
  readonly cpu: readonly [caller: number, agent: number, server: number];
}

async function slice(side: Side, server: Server, inFlight: number, forMs: number): Promise<Slice> {
  const pids = [side.caller.pid, side.agent.pid, server.pid];
  const before = await Promise.all(pids.map(cpuMs));
  const driven = await side.caller.ask<Driven>("drive", { inFlight, forMs });
  const after = await Promise.all(pids.map(cpuMs));
  const [caller = 0, agent = 0, broker = 0] = after.map((ms, at) => ms - (before[at] ?? 0));
  return { ...driven, cpu: [caller, agent, broker] };
}

/** Where the time went, in microseconds of CPU for each answer. */
function cost(slices: readonly Slice[]): string {
  const answers = slices.reduce((sum, slice) => sum + slice.answers, 0);
  const parts = [0, 1, 2].map((at) => {
    const spentMs = slices.reduce((sum, { cpu }) => sum + (cpu[at] ?? 0), 0);
    return ((spentMs * 1_000) / answers).toFixed(1);
  });
  const failures = slices.reduce((sum, slice) => sum + slice.failures, 0);
  const failed =
    failures === 0
      ? ""
      : `; ${failures} failed, first ${slices.find((slice) => slice.firstFailure)?.firstFailure}`;
  return `CPU µs a call: caller ${parts[0]}, agent ${parts[1]}, server ${parts[2]}${failed}`;
}
