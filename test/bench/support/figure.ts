/** What a bench found, with what was hoped for. */
export interface Figure {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** The bound the figure is held against; undefined where none is set. */
  readonly target?: Target;
  /** Lowest and highest of the rounds. */
  readonly spread?: Spread;
  /** A remark for people. */
  readonly note?: string;
}

/** A bound, and on which side of it is good. */
export type Target =
  | { readonly is: "at least"; readonly bound: number }
  | { readonly is: "at most"; readonly bound: number };

export interface Spread {
  readonly low: number;
  readonly high: number;
}

export function atLeast(bound: number): Target {
  return { is: "at least", bound };
}

export function atMost(bound: number): Target {
  return { is: "at most", bound };
}

/** The middle of some values, with the lowest and the highest beside it. */
export function middle(values: readonly number[]): { value: number; spread: Spread } {
  return {
    value: quantile(values, 0.5),
    spread: { low: Math.min(...values), high: Math.max(...values) },
  };
}

/** Each value against the one of the same round on the other side, and the middle of those ratios. */
export function ratio(
  ours: readonly number[],
  theirs: readonly number[],
): { value: number; spread: Spread } {
  return middle(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/** The value below which that part of the values lies. */
export function quantile(values: ArrayLike<number>, part: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const place = part * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
