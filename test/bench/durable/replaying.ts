import type { Setting } from "../support/bench.ts";
import { Children } from "../support/children.ts";
import { type Figure, middle } from "../support/figure.ts";
import type { Replays } from "./replayer.ts";
import type { Store } from "./store.ts";

/** How fast what is stored can be done once more; the stream of events is full by now. */
export async function replaySpeed(
  setting: Setting,
  { server, login }: Store,
): Promise<readonly Figure[]> {
  const { most, times } = setting.quick ? { most: 20_000, times: 2 } : { most: 100_000, times: 5 };
  await using children = new Children(setting);
  const replayer = children.launch("durable/replayer");
  const runs: Replays[] = [];
  for (let round = 0; round <= times; round++) {
    setting.say(`replaying ${most} events: round ${round} of ${times}`);
    const run = await replayer.ask<Replays>("replay", { url: server.url, login, most });
    if (round > 0) runs.push(run);
  }
  const peak = Math.max(...runs.map(({ peakMiB }) => peakMiB));
  return [
    {
      id: "durable.replay",
      ...middle(runs.map(({ rate }) => rate)),
      unit: "events/s",
      note: `unpaced, into a handler that does nothing; at most ${Math.round(peak)} MiB resident`,
    },
  ];
}
