import { answering } from "../support/answering.ts";
import { Peak } from "./peak.ts";
import { load, type Place } from "./side.ts";

const peak = new Peak();

answering({
  async start({ kind, url }: Place) {
    const side = await load(kind);
    await side.producer(url);
  },
  watch: () => peak.watch(),
  peakMiB: () => peak.take(),
});
