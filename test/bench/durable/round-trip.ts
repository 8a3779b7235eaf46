import { BenchError, type Setting } from "../support/bench.ts";
import { Children } from "../support/children.ts";
import type { Driven } from "../support/drive.ts";
import { type Figure, middle } from "../support/figure.ts";
import { cpuMs } from "../support/processes.ts";
import { rounds } from "../support/rounds.ts";
import type { Store } from "./store.ts";

interface Slice extends Driven {
  /** What each task cost submitter, worker and server, in microseconds of CPU. */
  readonly cpuUs: readonly number[];
}

const levels = { one: 1, many: 64 } as const;

/** A task from its submission to its result in the submitter's hand: signed, claimed, and stored at each step. */
export async function roundTrips(
  setting: Setting,
  { server, login }: Store,
): Promise<readonly Figure[]> {
  await using children = new Children(setting);
  const place = { url: server.url, login };
  const worker = await children.start("durable/worker", place);
  const asker = await children.start("durable/asker", place);
  // Longer than many wait for each other.
  const forMs = setting.quick ? 800 : 1_500;
  const pids = [asker.pid, worker.pid, server.pid];
  const run = async (inFlight: number): Promise<Slice> => {
    const before = await Promise.all(pids.map(cpuMs));
    const driven = await asker.ask<Driven>("drive", { inFlight, settleMs: 200, forMs });
    if (driven.failures > 0) throw new BenchError(`a task failed: ${driven.firstFailure}`);
    const after = await Promise.all(pids.map(cpuMs));
    const cpuUs = after.map((ms, at) => ((ms - (before[at] ?? 0)) * 1_000) / driven.answers);
    return { ...driven, cpuUs };
  };
  const results = await rounds(
    setting.quick ? 4 : 11,
    Object.entries(levels).map(([name, inFlight]) => ({ name, run: () => run(inFlight) })),
    (line) => setting.say(`tasks there and back: ${line}`),
  );
  const [one, many] = [results("one"), results("many")];
  return [
    {
      id: "durable.task.p50",
      ...middle(one.map(({ p50Ms }) => p50Ms)),
      unit: "ms",
      note: "submit to result, 1 in flight: task, claim and result are stored, two are signed",
    },
    {
      id: "durable.task.rate",
      ...middle(many.map(({ rate }) => rate)),
      unit: "tasks/s",
      note: `${levels.many} in flight; ${cost(many)}`,
    },
    {
      id: "durable.task.p99",
      ...middle(many.map(({ p99Ms }) => p99Ms)),
      unit: "ms",
      note: `${levels.many} in flight`,
    },
  ];
}

function cost(slices: readonly Slice[]): string {
  const [own, worker, server] = [0, 1, 2].map((at) =>
    Math.round(middle(slices.map(({ cpuUs }) => cpuUs[at] ?? 0)).value),
  );
  return `CPU µs a task: submitter ${own}, worker ${worker}, server ${server}`;
}
