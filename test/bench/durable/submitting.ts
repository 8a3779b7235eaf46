import { Store as StoreNames } from "@myelin/subjects";
import { BenchError, type Setting } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { Children } from "../support/children.ts";
import type { Driven } from "../support/drive.ts";
import { atLeast, type Figure, middle, ratio } from "../support/figure.ts";
import { cpuMs } from "../support/processes.ts";
import { rounds } from "../support/rounds.ts";
import type { Store } from "./store.ts";
import type { Kind, Submitting } from "./submitter.ts";

const kinds: readonly Kind[] = ["raw", "unsigned", "signed", "bare"];
const inFlight = 256;

interface Slice extends Driven {
  /** What each task cost submitter and server, in microseconds of CPU. */
  readonly cpuUs: readonly [submitter: number, server: number];
}

/** Storing tasks with their receipts against the client's own publish, on the same stream. */
export async function submitCosts(setting: Setting, store: Store): Promise<Figure[]> {
  await using children = new Children(setting);
  const { server, login } = store;
  const submitters = {} as Record<Kind, Child>;
  for (const kind of kinds) {
    const given: Submitting = { kind, login, url: server.url };
    submitters[kind] = await children.start("durable/submitter", given);
  }
  const forMs = setting.quick ? 300 : 600;
  const compare = (count: number, compared: readonly Kind[], what: string) =>
    rounds(
      count,
      compared.map((name) => ({ name, run: () => slice(submitters[name], store, forMs) })),
      (line) => setting.say(`${what}, ${inFlight} in flight: ${line}`),
    );
  const results = await compare(
    setting.quick ? 6 : 15,
    ["raw", "unsigned", "signed"],
    "submitting",
  );
  // By itself: what it stores in a slice fills the server's memory of ids, and slows all others.
  const most = await compare(setting.quick ? 2 : 5, ["raw", "bare"], "the most that is taken");
  // What the last slice stored is not to lie before the tasks that workers are measured with.
  await store.empty(StoreNames.tasks);
  const against = (kind: Kind, of = results) => ({
    ...ratio(rates(of(kind)), rates(of("raw"))),
    unit: "x raw",
    note: cost(of(kind)),
  });
  const bare = against("bare", most);
  return [
    { id: "durable.submit", ...against("unsigned"), target: atLeast(2.5) },
    { id: "durable.submit.signed", ...against("signed"), target: atLeast(1.2) },
    {
      id: "durable.submit.bare",
      ...bare,
      note: `a socket that only counts: the most; ${bare.note}`,
    },
    {
      id: "durable.submit.raw",
      ...middle(rates(results("raw"))),
      unit: "publishes/s",
      note: cost(results("raw")),
    },
  ];
}

function rates(slices: readonly Slice[]): number[] {
  return slices.map(({ rate }) => rate);
}

async function slice(submitter: Child, store: Store, forMs: number): Promise<Slice> {
  await store.empty(StoreNames.tasks);
  const pids = [submitter.pid, store.server.pid];
  const before = await Promise.all(pids.map(cpuMs));
  const driven = await submitter.ask<Driven>("drive", { inFlight, forMs });
  if (driven.failures > 0) throw new BenchError(`a task was not stored: ${driven.firstFailure}`);
  const after = await Promise.all(pids.map(cpuMs));
  const [own = 0, server = 0] = after.map(
    (ms, at) => ((ms - (before[at] ?? 0)) * 1_000) / driven.answers,
  );
  return { ...driven, cpuUs: [own, server] };
}

function cost(slices: readonly Slice[]): string {
  const [own, server] = [0, 1].map((at) =>
    middle(slices.map(({ cpuUs }) => cpuUs[at] ?? 0)).value.toFixed(1),
  );
  return `CPU µs a task: submitter ${own}, server ${server}`;
}
