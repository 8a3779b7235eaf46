import { openRecordings } from "@myelin/mesh/operate";
import { answering } from "../support/answering.ts";
import { meshLogin } from "../support/login.ts";
import { names } from "./names.ts";
import type { Place } from "./side.ts";

/** How fast events were done once more, into a handler that does nothing. */
export interface Replays {
  readonly rate: number;
  /** Most resident memory of this process meanwhile, in MiB. */
  readonly peakMiB: number;
}

answering({
  async replay({ url, login, most }: Place & { readonly most: number }): Promise<Replays> {
    await using recordings = await openRecordings({
      ...{ name: names.auditor, servers: [url], ...meshLogin(login) },
    });
    const began = performance.now();
    let count = 0;
    let peak = 0;
    const options = { into: () => undefined, speed: "unpaced", concurrency: 64 } as const;
    for await (const _done of recordings.replay({ from: "events", most }, options)) {
      count++;
      if (count % 1_000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    }
    const rate = (count * 1_000) / (performance.now() - began);
    return { rate, peakMiB: peak / 1_048_576 };
  },
});
