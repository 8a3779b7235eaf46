import { consumeCosts } from "./durable/consuming.ts";
import { replaySpeed } from "./durable/replaying.ts";
import { roundTrips } from "./durable/round-trip.ts";
import { Store } from "./durable/store.ts";
import { submitCosts } from "./durable/submitting.ts";
import type { Bench } from "./support/bench.ts";

/** What work that outlives a process costs: against the client's own JetStream, on the same streams. */
export const durable: Bench = {
  programs: [
    "durable/asker",
    "durable/consumer",
    "durable/filler",
    "durable/replayer",
    "durable/submitter",
    "durable/worker",
  ],

  async run(setting) {
    await using store = await Store.start(setting);
    return [
      ...(await submitCosts(setting, store)),
      ...(await roundTrips(setting, store)),
      ...(await consumeCosts(setting, store)),
      ...(await replaySpeed(setting, store)),
    ];
  },
};
