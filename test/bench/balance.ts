import type { AgentPlace, Drive, Kind, Manner } from "./balance/side.ts";
import type { Bench, Setting } from "./support/bench.ts";
import type { Child } from "./support/child.ts";
import { Children } from "./support/children.ts";
import type { Driven } from "./support/drive.ts";
import { atLeast, atMost, type Figure, middle, ratio } from "./support/figure.ts";
import { rounds } from "./support/rounds.ts";
import { Server } from "./support/server.ts";

/** Four instances, the first twenty times as slow as the others. */
const workMs = [20, 1, 1, 1];

const inFlight = 64;

/** What balancing is worth against a queue group when one instance is slow. */
export const balance: Bench = {
  programs: ["balance/agent", "balance/caller"],

  async run(setting) {
    await using server = await Server.start(setting);
    await using children = new Children(setting);
    const { url } = server;
    for (const kind of ["raw", "mesh"] as const) {
      for (const ms of workMs) {
        const place: AgentPlace = { kind, url, workMs: ms };
        await children.start("balance/agent", place);
      }
    }
    const callers = new Map<Kind, Child>();
    for (const kind of ["raw", "mesh", "plain"] as const) {
      callers.set(kind, await children.start("balance/caller", { kind, url }));
    }
    return [...(await inParallel(setting, callers)), ...(await oneByOne(setting, callers))];
  },
};

type Callers = ReadonlyMap<Kind, Child>;

async function inParallel(setting: Setting, callers: Callers): Promise<Figure[]> {
  const extent = setting.quick ? { count: 4, forMs: 500 } : { count: 9, forMs: 1_500 };
  const of = await compare(setting, callers, ["raw", "mesh"], "parallel", extent);
  return [
    rate("balance.parallel.rate", of("mesh"), of("raw"), 2.4),
    tail("balance.parallel.p99", of("mesh"), of("raw"), 0.5),
    ...absolute("balance.raw.parallel", of("raw")),
  ];
}

async function oneByOne(setting: Setting, callers: Callers): Promise<Figure[]> {
  const extent = setting.quick ? { count: 3, forMs: 1_000 } : { count: 7, forMs: 3_000 };
  const of = await compare(setting, callers, ["raw", "mesh", "plain"], "serial", extent);
  return [
    rate("balance.serial.rate", of("mesh"), of("raw"), 10),
    tail("balance.serial.p99", of("mesh"), of("raw"), 0.05),
    rate("balance.plain.rate", of("plain"), of("raw"), 2),
    ...absolute("balance.raw.serial", of("raw")),
  ];
}

interface Extent {
  readonly count: number;
  readonly forMs: number;
}

type Results = (kind: Kind) => readonly Driven[];

function compare(
  setting: Setting,
  callers: Callers,
  kinds: readonly Kind[],
  manner: Manner,
  { count, forMs }: Extent,
): Promise<Results> {
  const given: Drive = { manner, inFlight, settleMs: 300, forMs };
  const sides = kinds.flatMap((kind) => {
    const caller = callers.get(kind);
    return caller === undefined
      ? []
      : [{ name: kind, run: () => caller.ask<Driven>("drive", given) }];
  });
  return rounds(count, sides, (line) => setting.say(`${manner}: ${line}`));
}

function rate(
  id: string,
  ours: readonly Driven[],
  theirs: readonly Driven[],
  bound: number,
): Figure {
  const figure = ratio(
    ours.map((result) => result.rate),
    theirs.map((result) => result.rate),
  );
  const failed = ours.find((result) => result.failures > 0);
  const failures = ours.reduce((sum, result) => sum + result.failures, 0);
  const note = failed === undefined ? "" : `${failures} failed, first ${failed.firstFailure}`;
  return { id, ...figure, unit: "x queue group", target: atLeast(bound), note };
}

function tail(
  id: string,
  ours: readonly Driven[],
  theirs: readonly Driven[],
  bound: number,
): Figure {
  const figure = ratio(
    ours.map((result) => result.p99Ms),
    theirs.map((result) => result.p99Ms),
  );
  return { id, ...figure, unit: "x queue group", target: atMost(bound) };
}

/** What the baseline did, so that the ratios can be read. */
function absolute(id: string, results: readonly Driven[]): Figure[] {
  return [
    { id: `${id}.rate`, ...middle(results.map((result) => result.rate)), unit: "calls/s" },
    { id: `${id}.p99`, ...middle(results.map((result) => result.p99Ms)), unit: "ms" },
  ];
}
