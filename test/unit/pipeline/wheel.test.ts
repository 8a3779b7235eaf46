import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Timer, timer, Wheel } from "../../../libs/pipeline/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

function wheelAt(startMs: number) {
  const clock = new ManualClock(startMs);
  const wheel = new Wheel(clock);
  const rang: string[] = [];
  const ring = (name: string): Timer => timer(() => rang.push(name));
  return { clock, wheel, rang, ring };
}

test("a timer runs at its time or up to one tick later, wherever in a tick it was armed", () => {
  const time = (max: number) =>
    fc.oneof(fc.integer({ min: 0, max }), fc.double({ min: 0, max, noNaN: true }));
  const startAndDelay = fc.tuple(time(10_000), time(12_000));
  fc.assert(
    fc.property(startAndDelay, ([startMs, delayMs]) => {
      const { clock, wheel } = wheelAt(startMs);
      const due = startMs + delayMs;
      let ranAt: number | undefined;
      wheel.arm(
        timer(() => {
          ranAt = clock.now();
        }),
        due,
      );
      clock.advance(delayMs + 25);
      assert.ok(ranAt !== undefined, "it ran");
      assert.ok(ranAt >= due, `${due - ranAt} ms early`);
      assert.ok(ranAt <= due + 11, `${ranAt - due} ms late`);
    }),
  );
});

test("timers armed, moved and called off at random run exactly when they should", () => {
  const step = fc.record({
    which: fc.integer({ min: 0, max: 7 }),
    delay: fc.integer({ min: -50, max: 7_000 }),
    pass: fc.integer({ min: 0, max: 6_000 }),
    off: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { clock, wheel } = wheelAt(3);
      const due = new Map<number, number>();
      const timers = Array.from({ length: 8 }, (_, which) =>
        timer(() => {
          assert.ok((due.get(which) ?? Number.POSITIVE_INFINITY) <= clock.now(), "never early");
          due.delete(which);
        }),
      );
      for (const { which, delay, pass, off } of steps) {
        const one = timers[which] as Timer;
        if (off) {
          wheel.disarm(one);
          due.delete(which);
        } else {
          due.set(which, clock.now() + Math.max(0, delay));
          wheel.arm(one, clock.now() + delay);
        }
        clock.advance(pass);
        for (const at of due.values()) assert.ok(at > clock.now() - 11, "never forgotten");
      }
      clock.advance(8_000);
      assert.equal(due.size, 0);
      assert.equal(clock.pending, 0, "nothing is left running");
    }),
  );
});

test("after a process slept for minutes, all that fell due runs on the next tick, and nothing else", () => {
  const rang: number[] = [];
  let now = 0;
  let tick: (() => void) | undefined;
  const clock = {
    now: () => now,
    schedule(_delayMs: number, run: () => void) {
      tick = run;
      return () => {};
    },
  };
  const wheel = new Wheel(clock);
  for (const at of [5, 4_000, 5_200, 60_000, 600_000])
    wheel.arm(
      timer(() => rang.push(at)),
      at,
    );
  now = 100_000;
  tick?.();
  assert.deepEqual(
    rang.toSorted((a, b) => a - b),
    [5, 4_000, 5_200, 60_000],
  );
});

test("a timer that another one calls off or moves in the same tick does not run", () => {
  const { clock, wheel, rang, ring } = wheelAt(0);
  const doomed = ring("doomed");
  const moved = ring("moved");
  wheel.arm(
    timer(() => {
      wheel.disarm(doomed);
      wheel.arm(moved, 100);
    }),
    10,
  );
  wheel.arm(doomed, 10);
  wheel.arm(moved, 10);
  clock.advance(50);
  assert.deepEqual(rang, []);
  clock.advance(60);
  assert.deepEqual(rang, ["moved"]);
});

test("a timer that throws takes no other timer with it", () => {
  const { clock, wheel, rang, ring } = wheelAt(0);
  wheel.arm(
    timer(() => {
      throw new RangeError("defect");
    }),
    10,
  );
  wheel.arm(ring("same tick"), 10);
  wheel.arm(ring("later"), 40);
  assert.throws(() => clock.advance(10), RangeError);
  clock.advance(40);
  assert.deepEqual(rang, ["same tick", "later"]);
});

test("a wheel that is empty keeps nothing running", () => {
  const { clock, wheel, ring } = wheelAt(0);
  const one = ring("one");
  wheel.arm(one, 1_000);
  wheel.disarm(one);
  wheel.disarm(one);
  clock.advance(20);
  assert.equal(clock.pending, 0);
  assert.deepEqual(wheel.armed(), []);
});

test("a cleared wheel runs nothing it held, and works on", () => {
  const { clock, wheel, rang, ring } = wheelAt(0);
  const old = ring("old");
  wheel.arm(old, 10);
  wheel.clear();
  assert.equal(clock.pending, 0);
  wheel.disarm(old);
  wheel.arm(ring("new"), 10);
  clock.advance(30);
  assert.deepEqual(rang, ["new"]);
});

test("a wheel that is cleared by one of its timers runs none of the others", () => {
  const { clock, wheel, rang, ring } = wheelAt(0);
  wheel.arm(
    timer(() => wheel.clear()),
    10,
  );
  wheel.arm(ring("other"), 10);
  clock.advance(30);
  assert.deepEqual(rang, []);
});
