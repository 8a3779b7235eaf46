import { boundsMs, type Histogram } from "./histogram.ts";
import type { Tally } from "./tally.ts";

export type Labels = Readonly<Record<string, string>>;

/** One value of a metric, as prom-client writes it. */
export interface Sample {
  readonly value: number;
  readonly labels: Labels;
  /** Where it is not the metric's own: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly metricName?: string;
}

export type Kind = "counter" | "gauge" | "histogram";

/** Registers a metric that is read when it is scraped. */
export type Add = (
  type: Kind,
  name: string,
  help: string,
  read: (name: string) => Iterable<Sample>,
) => void;

/** Whatever is counted per skill. */
export interface PerSkill {
  readonly agent: string;
  readonly skill: string;
}

/** One sample for each meter. */
export function* one<Meter extends PerSkill>(
  meters: Iterable<Meter>,
  value: (meter: Meter) => number,
): IterableIterator<Sample> {
  for (const meter of meters) yield { value: value(meter), labels: labelsOf(meter) };
}

/** One sample for each name that each meter's tally has. */
export function* tallied<Meter extends PerSkill>(
  meters: Iterable<Meter>,
  label: string,
  tally: (meter: Meter) => Tally,
): IterableIterator<Sample> {
  for (const meter of meters) yield* labelled(labelsOf(meter), label, tally(meter));
}

export function* labelled(labels: Labels, label: string, tally: Tally): IterableIterator<Sample> {
  for (const [name, value] of tally.entries())
    yield { value, labels: { ...labels, [label]: name } };
}

/** The histograms of meters. Every second bound is shown: half the series, and steps of 2 are enough for a dashboard. */
export function* buckets<Meter extends PerSkill>(
  name: string,
  meters: Iterable<Meter>,
  histogram: (meter: Meter) => Histogram,
): IterableIterator<Sample> {
  for (const meter of meters) {
    const latency = histogram(meter);
    const labels = labelsOf(meter);
    const metricName = `${name}_bucket`;
    let below = 0;
    for (let at = 0; at < boundsMs.length; at++) {
      below += latency.counts[at] ?? 0;
      if (at % 2 === 1) continue;
      const le = String(Number(((boundsMs[at] ?? 0) / 1_000).toPrecision(12)));
      yield { value: below, labels: { ...labels, le }, metricName };
    }
    yield { value: latency.count, labels: { ...labels, le: "+Inf" }, metricName };
    yield { value: latency.sumMs / 1_000, labels, metricName: `${name}_sum` };
    yield { value: latency.count, labels, metricName: `${name}_count` };
  }
}

function labelsOf({ agent, skill }: PerSkill): Labels {
  return { agent, skill };
}
