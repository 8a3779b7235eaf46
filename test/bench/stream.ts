import type { Kind, Place, Reading } from "./stream/side.ts";
import type { Bench } from "./support/bench.ts";
import type { Child } from "./support/child.ts";
import { Children } from "./support/children.ts";
import { type Figure, middle, ratio } from "./support/figure.ts";
import { rounds } from "./support/rounds.ts";
import { Server } from "./support/server.ts";

const frames = 100_000;

/** A reader that keeps up, and one that rests long enough to need five seconds and more. */
const fast: Reading = { frames, restEvery: 0 };
const slow: Reading = { frames, restEvery: 20 };

/** How fast frames come, and how much memory a slow reader costs. */
export const stream: Bench = {
  programs: ["stream/producer", "stream/reader"],

  async run(setting) {
    await using server = await Server.start(setting);
    await using children = new Children(setting);
    const pairs = new Map<Kind, Pair>();
    for (const kind of ["raw", "mesh"] as const) {
      const place: Place = { kind, url: server.url };
      const producer = await children.start("stream/producer", place);
      pairs.set(kind, { producer, reader: await children.start("stream/reader", place) });
    }
    const sides = [...pairs].map(([kind, { reader }]) => ({
      name: kind,
      run: () => reader.ask<number>("rate", fast),
    }));
    const of = await rounds(setting.quick ? 5 : 15, sides, setting.say);
    const rate: readonly Figure[] = [
      { id: "stream.rate", ...ratio(of("mesh"), of("raw")), unit: "x raw publish" },
      { id: "stream.raw.rate", ...middle(of("raw")), unit: "frames/s" },
    ];
    setting.say("a slow reader");
    const pair = pairs.get("mesh");
    return pair === undefined ? rate : [await memory(pair), ...rate];
  },
};

interface Pair {
  readonly producer: Child;
  readonly reader: Child;
}

/** The streams before have warmed both up, so what grows now is what the slow reader makes wait. */
async function memory({ producer, reader }: Pair): Promise<Figure> {
  await producer.ask("watch");
  await reader.ask("watch");
  const rate = await reader.ask<number>("rate", slow);
  const made = await producer.ask<number>("peakMiB");
  const read = await reader.ask<number>("peakMiB");
  return {
    id: "stream.memory",
    value: made + read,
    unit: "MiB",
    note: `producer ${made.toFixed(1)}, reader ${read.toFixed(1)}, at ${Math.round(rate)} frames/s`,
  };
}
