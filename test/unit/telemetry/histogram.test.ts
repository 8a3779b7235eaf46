import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boundsMs, Histogram } from "../../../libs/telemetry/histogram.ts";

function of(...times: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const ms of times) histogram.record(ms);
  return histogram;
}

test("bounds go from 50 microseconds to minutes in steps of at most one and a half", () => {
  assert.deepEqual(boundsMs.slice(0, 7), [0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4]);
  assert.ok((boundsMs.at(-1) ?? 0) > 300_000);
  boundsMs.forEach((bound, at) => {
    const before = boundsMs[at - 1];
    if (before !== undefined) assert.ok(bound / before <= 1.5 + 1e-9);
  });
});

test("a time lies in the bucket whose bound is the first that is not below it", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1_000_000, noNaN: true }), (ms) => {
      const at = of(ms).counts.indexOf(1);
      const first = boundsMs.findIndex((bound) => ms <= bound);
      assert.equal(at, first < 0 ? boundsMs.length : first, `${ms} ms`);
    }),
  );
});

test("a time that is exactly a bound lies below it", () => {
  for (const [at, bound] of boundsMs.entries()) {
    assert.equal(of(bound).counts[at], 1, `${bound} ms`);
  }
});

test("nothing that a clock may say breaks it", () => {
  const odd = of(0, -1, Number.NaN, Number.MAX_VALUE);
  assert.equal(odd.count, 4);
  assert.equal(odd.counts[0], 3);
  assert.equal(odd.counts.at(-1), 1);
});

test("quantiles are within a factor of one and a half of the truth", () => {
  const times = Array.from({ length: 1_000 }, (_, at) => (at + 1) / 10);
  const histogram = of(...times);
  for (const share of [0.5, 0.95, 0.99]) {
    const truth = times[Math.ceil(share * times.length) - 1] ?? 0;
    const ratio = histogram.quantile(share) / truth;
    assert.ok(ratio > 1 / 1.5 && ratio < 1.5, `${share}: ${ratio}`);
  }
});

test("no quantile is above the longest time", () => {
  const histogram = of(1.01, 1.02, 900_000);
  assert.equal(histogram.quantile(1), 900_000);
  assert.ok(of(1.01).quantile(0.99) <= 1.01);
  assert.equal(new Histogram().quantile(0.5), 0);
});

test("two of them added are one of all", () => {
  const sum = of(1, 2);
  sum.add(of(500, 0.01));
  assert.deepEqual(sum, of(1, 2, 500, 0.01));
});
