import { followConsumer, StoreHeader, Store as StoreNames } from "@myelin/subjects";
import type { Setting } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { Children } from "../support/children.ts";
import { atLeast, atMost, type Figure, middle, ratio } from "../support/figure.ts";
import { cpuMs } from "../support/processes.ts";
import { rounds } from "../support/rounds.ts";
import type { Consuming, Handled } from "./consumer.ts";
import type { Filling } from "./filler.ts";
import { names } from "./names.ts";
import type { Store } from "./store.ts";

/** What the client fetches ahead by default. */
const window = 100;
/** Both as they are by default, and ours with no more fetched ahead than the client does. */
const sides = {
  raw: { kind: "raw" },
  mesh: { kind: "mesh" },
  narrow: { kind: "mesh", window },
} as const;
type Side = keyof typeof sides;
/** Most that a reader of a million events may take, in MiB. */
const mostMiB = 256;

interface Slice extends Handled {
  /** What each event cost reader and server, in microseconds of CPU. */
  readonly cpuUs: readonly [reader: number, server: number];
}

/** Handling events with an acknowledgement each against the client's own consume, on the same stream. */
export async function consumeCosts(setting: Setting, store: Store): Promise<Figure[]> {
  const { count, each, times } = setting.quick
    ? { count: 200_000, each: 8_000, times: 6 }
    : { count: 1_620_000, each: 20_000, times: 14 };
  await using children = new Children(setting);
  const place = { url: store.server.url, login: store.login };
  setting.say(`filling a stream with ${count} events`);
  await fill(children.launch("durable/filler"), store, count);
  const consumers = new Map<string, Child>();
  for (const [side, how] of Object.entries(sides)) {
    const given: Consuming = { ...place, ...how };
    consumers.set(side, await children.start("durable/consumer", given));
  }
  const results = await rounds(
    times,
    [...consumers].map(([name, child]) => ({ name, run: () => slice(child, store, each) })),
    (line) => setting.say(`handling events: ${line}`),
  );
  const rates = (side: Side): number[] =>
    results(side).map(({ count, tookMs }) => (count * 1_000) / tookMs);
  // One that stops handles what it has fetched, too.
  const { stream, consumer } = followConsumer(names.follower, "mesh");
  const { num_pending: rest } = await store.streams.consumers.info(stream, consumer);
  setting.say(`reading ${rest} events to the end`);
  const reader = await children.start("durable/consumer", { ...place, kind: "mesh" });
  const read = await reader.ask<Handled>("consume", rest);
  return [
    {
      id: "durable.consume",
      ...ratio(rates("mesh"), rates("raw")),
      ...{ unit: "x raw", target: atLeast(1.3), note: cost(results("mesh")) },
    },
    {
      id: "durable.consume.window",
      ...ratio(rates("narrow"), rates("raw")),
      ...{
        unit: "x raw",
        note: `${window} fetched ahead on both sides; ${cost(results("narrow"))}`,
      },
    },
    {
      id: "durable.consume.raw",
      ...middle(rates("raw")),
      ...{ unit: "events/s", note: cost(results("raw")) },
    },
    {
      id: "durable.read.memory",
      ...{ value: read.peakMiB, unit: "MiB", target: atMost(mostMiB) },
      note: `most resident memory while reading ${rest} events, ${Math.round((rest * 1_000) / read.tookMs)} a second`,
    },
  ];
}

async function fill(
  filler: Child,
  { server, login, streams }: Store,
  count: number,
): Promise<void> {
  const place = { url: server.url, login };
  await filler.ask("first", place);
  const found = await streams.streams.getMessage(StoreNames.events, { seq: 1 });
  const written = found?.header.keys().filter((name) => name !== StoreHeader.id) ?? [];
  const head = written.map((name) => [name, found?.header.get(name) ?? ""] as const);
  const filling: Filling = { ...place, count: count - 1, head };
  await filler.ask("fill", filling);
}

async function slice(consumer: Child, { server }: Store, each: number): Promise<Slice> {
  const pids = [consumer.pid, server.pid];
  const before = await Promise.all(pids.map(cpuMs));
  const handled = await consumer.ask<Handled>("consume", each);
  const after = await Promise.all(pids.map(cpuMs));
  const [own = 0, broker = 0] = after.map((ms, at) => ((ms - (before[at] ?? 0)) * 1_000) / each);
  return { ...handled, cpuUs: [own, broker] };
}

function cost(slices: readonly Slice[]): string {
  const [own, server] = [0, 1].map((at) =>
    middle(slices.map(({ cpuUs }) => cpuUs[at] ?? 0)).value.toFixed(1),
  );
  return `CPU µs an event: reader ${own}, server ${server}`;
}
