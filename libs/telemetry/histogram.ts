/** The first bound is a twentieth of a millisecond; the others are 1.5, 2, 3, 4, 6, 8, … times it. */
const unitsPerMs = 20;

/** Twice the last power of two: 2^23 times 50 µs is 419 s. */
const lastIndex = 46;

/** Upper bounds of the buckets in milliseconds, ascending; what is above the last goes into one more bucket. */
export const boundsMs: readonly number[] = Object.freeze(
  Array.from(
    { length: lastIndex + 1 },
    (_, at) => ((at % 2 === 0 ? 1 : 1.5) * 2 ** (at >> 1)) / unitsPerMs,
  ),
);

/**
 * How long things took, in plain fields: a record is a few additions and allocates nothing.
 *
 * Buckets are at most a factor of 1.5 apart from 50 µs up, so that quantiles are estimated to within a fifth or so.
 */
export class Histogram {
  readonly counts = new Float64Array(lastIndex + 2);
  count = 0;
  sumMs = 0;
  maxMs = 0;

  record(ms: number): void {
    const at = indexOf(ms);
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.count++;
    this.sumMs += ms;
    if (ms > this.maxMs) this.maxMs = ms;
  }

  /** Adds what another has recorded. */
  add(other: Histogram): void {
    for (let at = 0; at < this.counts.length; at++) {
      this.counts[at] = (this.counts[at] ?? 0) + (other.counts[at] ?? 0);
    }
    this.count += other.count;
    this.sumMs += other.sumMs;
    this.maxMs = Math.max(this.maxMs, other.maxMs);
  }

  /** The time in milliseconds within which this share of the records lies, interpolated; 0 when there are none. */
  quantile(share: number): number {
    const rank = share * this.count;
    let below = 0;
    for (let at = 0; at < this.counts.length; at++) {
      const here = this.counts[at] ?? 0;
      if (here > 0 && below + here >= rank) {
        const from = at === 0 ? 0 : (boundsMs[at - 1] ?? 0);
        const to = Math.min(boundsMs[at] ?? this.maxMs, this.maxMs);
        return from + (to - from) * ((rank - below) / here);
      }
      below += here;
    }
    return this.maxMs;
  }
}

/** The bucket of a time, without a search: the power of two below it, then the half above that. */
function indexOf(ms: number): number {
  const units = ms * unitsPerMs;
  if (!(units > 1)) return 0;
  if (units >= 2 ** 24) return lastIndex + 1;
  const exponent = 31 - Math.clz32(units);
  const power = 1 << exponent;
  if (units === power) return 2 * exponent;
  return Math.min(2 * exponent + (units <= 1.5 * power ? 1 : 2), lastIndex + 1);
}
