import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { breaker } from "../../../libs/call/breaker.ts";
import { deadline } from "../../../libs/call/deadline.ts";
import { Limiters, limiter, resolveLimiter } from "../../../libs/call/limiter.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, compose, type Send, Wheel } from "../../../libs/pipeline/index.ts";
import { call, hanging, ManualClock } from "../../../libs/testing/index.ts";
import { breakersOn, refused } from "./world.ts";

// Opossum's own clock is the machine's.
beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

/** Calls with deadlines to a far side that never answers, so many of them at once. */
function ground(inFlight: number) {
  const clock = new ManualClock(1_000);
  const wheel = new Wheel(clock);
  const turns: string[] = [];
  const breakers = breakersOn(clock, turns);
  const far = hanging();
  const limiters = new Limiters(resolveLimiter({ inFlight }));
  const layers = [deadline(clock), breaker(breakers), limiter(limiters)];
  const send = compose<Send>(layers, far.send);
  const ask = (signal: CallSignal, timeoutMs = 30_000) =>
    assert.rejects(send(call({ timeoutMs, signal })), refused(MeshCode.DeadlineExceeded));
  const late = (timeoutMs: number) => ask(new CallSignal(wheel), timeoutMs);
  const pass = (byMs: number) => {
    mock.timers.tick(byMs);
    clock.advance(byMs);
  };
  return { far, turns, breakers, ask, late, pass };
}

test("calls that never got a slot here say nothing of the far side, however many they are", async () => {
  const { far, turns, breakers, late, pass } = ground(1);
  const running = late(8_000);
  const waiting = Array.from({ length: 50 }, () => late(100));
  pass(200);
  await Promise.all(waiting);
  assert.equal(far.calls, 1);
  assert.deepEqual(turns, []);
  pass(8_000);
  await running;
  assert.deepEqual(turns, []);
  breakers.shutdown();
});

test("calls that were sent and not answered in time still open it, beside others that wait", async () => {
  const { far, turns, breakers, late, pass } = ground(10);
  const calls = Array.from({ length: 30 }, () => late(100));
  pass(200);
  await Promise.all(calls);
  assert.equal(far.calls, 10);
  assert.deepEqual(turns, ["far.work open"]);
  breakers.shutdown();
});

test("calls that were sent count also where one that waits ends for the very same reason", async () => {
  // As the onward calls of a handler do: what they serve ends, and they end with it.
  const { far, turns, breakers, ask } = ground(10);
  const signals = Array.from({ length: 11 }, () => new CallSignal(new Wheel(new ManualClock())));
  const calls = signals.map((signal) => ask(signal));
  const reason = new MeshError(MeshCode.DeadlineExceeded, "front.ask: nothing within 100 ms");
  for (const signal of signals) signal.end(reason);
  await Promise.all(calls);
  assert.equal(far.calls, 10);
  assert.deepEqual(turns, ["far.work open"]);
  breakers.shutdown();
});
