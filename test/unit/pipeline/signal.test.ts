import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, sleep, Wheel } from "../../../libs/pipeline/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

const gaveUp = new MeshError(MeshCode.Cancelled, "gave up");

function signalled() {
  const clock = new ManualClock(500);
  const wheel = new Wheel(clock);
  return { clock, wheel, signal: new CallSignal(wheel) };
}

test("a signal ends once: the first reason stays, and each listener hears it once", () => {
  const { signal } = signalled();
  const heard: string[] = [];
  for (const name of ["a", "b", "c"]) signal.onEnd(({ code }) => heard.push(`${name} ${code}`));
  signal.end(gaveUp);
  signal.end(new MeshError(MeshCode.Internal, "later"));
  assert.equal(signal.reason, gaveUp);
  assert.deepEqual(heard, ["a cancelled", "b cancelled", "c cancelled"]);
  assert.throws(() => signal.throwIfEnded(), { code: "cancelled" });
});

test("a listener that stopped listening hears nothing, whichever it was", () => {
  const { signal } = signalled();
  const heard: string[] = [];
  const [a, b, c] = ["a", "b", "c"].map((name) => () => void heard.push(name));
  for (const listener of [a, b, c]) signal.onEnd(listener as () => void);
  for (const listener of [a, b]) signal.offEnd(listener as () => void);
  signal.offEnd(() => {});
  signal.end(gaveUp);
  assert.deepEqual(heard, ["c"]);
});

test("a listener that comes too late hears at once", () => {
  const { signal } = signalled();
  signal.end(gaveUp);
  let heard: MeshError | undefined;
  signal.onEnd((reason) => {
    heard = reason;
  });
  assert.equal(heard, gaveUp);
});

test("the deadline ends it with who was asked and how long was waited", () => {
  const { clock, signal } = signalled();
  const reason = () => signal.reason;
  signal.expire(800, 300, "far.work");
  assert.equal(signal.expiresAt, 800);
  clock.advance(299);
  assert.equal(reason(), undefined);
  clock.advance(21);
  assert.equal(reason()?.message, "deadline_exceeded: far.work: nothing within 300 ms");
  assert.equal(signal.expiresAt, undefined);
});

test("a settled signal is not ended by its deadline, but can still be given up", () => {
  const { clock, signal } = signalled();
  signal.expire(800, 300, "far.work");
  signal.settle();
  clock.advance(1_000);
  assert.equal(signal.reason, undefined);
  assert.equal(clock.pending, 0);
  signal.end(gaveUp);
  assert.equal(signal.reason, gaveUp);
});

test("a deadline can be moved, and none is set on what has ended", () => {
  const { clock, wheel, signal } = signalled();
  signal.expire(600, 100, "far.work");
  signal.expire(900, 400, "far.work");
  clock.advance(200);
  assert.equal(signal.reason, undefined);
  signal.end(gaveUp);
  signal.expire(1_000, 100, "far.work");
  assert.deepEqual(wheel.armed(), []);
});

test("the AbortSignal is aborted with the same reason, whether it was made before or after", () => {
  const early = signalled().signal;
  const { abortSignal } = early;
  assert.equal(abortSignal.aborted, false);
  early.end(gaveUp);
  assert.equal(abortSignal.reason, gaveUp);
  const late = signalled().signal;
  late.end(gaveUp);
  assert.equal(late.abortSignal.reason, gaveUp);
  assert.equal(late.abortSignal, late.abortSignal);
});

test("a signal whose wheel was cleared has no deadline any more", () => {
  const { wheel, signal } = signalled();
  signal.expire(800, 300, "far.work");
  wheel.clear();
  assert.equal(signal.expiresAt, undefined);
});

test("a sleep ends at its time, and leaves nothing behind on the signal", async () => {
  const { clock, wheel, signal } = signalled();
  const sleeping = sleep(wheel, 600, signal);
  clock.advance(120);
  await sleeping;
  signal.end(gaveUp);
  assert.equal(clock.pending, 0);
});

test("a sleep ends as soon as its signal does, and its timer goes with it", async () => {
  const { wheel, signal } = signalled();
  const sleeping = assert.rejects(sleep(wheel, 60_000, signal), { code: "cancelled" });
  signal.end(gaveUp);
  await sleeping;
  await assert.rejects(sleep(wheel, 60_000, signal), { code: "cancelled" });
  assert.deepEqual(wheel.armed(), []);
});
