import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { Peak } from "./peak.ts";
import { load, type Place, type Read, type Reading } from "./side.ts";

const peak = new Peak();
let read: Read | undefined;

answering({
  async start({ kind, url }: Place) {
    const side = await load(kind);
    read = await side.reader(url);
  },

  /** Frames per second of one stream. */
  async rate(reading: Reading) {
    if (read === undefined) throw new BenchError("rate comes after start");
    const started = performance.now();
    const came = await read(reading);
    if (came !== reading.frames) throw new BenchError(`${came} frames of ${reading.frames} came`);
    return (came * 1_000) / (performance.now() - started);
  },

  watch: () => peak.watch(),
  peakMiB: () => peak.take(),
});
