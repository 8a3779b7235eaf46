import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, Wheel } from "../../../libs/pipeline/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";
import { CreditGate } from "../../../libs/transport/credit-gate.ts";
import { frameOverhead } from "../../../libs/transport/frame-queue.ts";
import { windowBytes } from "../../../libs/transport/stream-attempt.ts";
import { stateOf } from "./world.ts";

function gateWith(granted: number) {
  const clock = new ManualClock();
  const wheel = new Wheel(clock);
  const signal = new CallSignal(wheel);
  return { clock, wheel, signal, gate: new CreditGate(granted, signal, wheel, clock) };
}

test("one frame may overdraw the room, and the next one waits", async () => {
  const { gate } = gateWith(1);
  await gate.wait();
  gate.use(1_000_000);
  const waiting = gate.wait();
  assert.equal(await stateOf(waiting), "pending");
  gate.grant(1_000_000 + frameOverhead);
  assert.equal(await stateOf(waiting), "pending");
  gate.grant(1_000_001 + frameOverhead);
  await waiting;
});

test("hostile grants open nothing and take no room away", async () => {
  const { gate } = gateWith(100);
  gate.use(0);
  const waiting = gate.wait();
  for (const bytes of [Number.NaN, -1, 0, 100, "9999", null, undefined, {}, [9_999], true]) {
    gate.grant(bytes);
    assert.equal(await stateOf(waiting), "pending", String(bytes));
  }
  gate.grant(1_000);
  gate.grant(5);
  await waiting;
  assert.ok(gate.isOpen);
});

test("who waits for room hears the end, and the gate leaves nothing on the signal", async () => {
  const { gate, signal, wheel } = gateWith(1);
  gate.use(0);
  const waiting = assert.rejects(gate.wait(), { code: "cancelled" });
  signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  await waiting;
  gate.grant(1_000_000);
  await assert.rejects(gateEnded(), { code: "cancelled" });
  gate.close();
  assert.deepEqual(wheel.armed(), []);

  function gateEnded(): Promise<void> {
    gate.use(2_000_000);
    return gate.wait();
  }
});

test("a reader that was served may go on without being called off later", async () => {
  const { gate, signal } = gateWith(1);
  gate.use(0);
  const waiting = gate.wait();
  gate.grant(10_000);
  await waiting;
  signal.end(new MeshError(MeshCode.Cancelled, "gave up"));
  assert.equal(await stateOf(waiting), "done");
});

test("room beyond twice a window is lavish, until so much of it was used", () => {
  const { gate } = gateWith(windowBytes);
  assert.equal(gate.isLavish, false);
  gate.grant(2 * windowBytes);
  assert.equal(gate.isLavish, false);
  gate.grant(1e15);
  assert.equal(gate.isLavish, true);
  gate.use(1e15 - windowBytes);
  assert.equal(gate.isLavish, false);
});

test("a reader that is not heard of for some ten seconds ends the stream", () => {
  const { clock, signal } = gateWith(1);
  const reason = () => signal.reason;
  clock.advance(9_000);
  assert.equal(reason(), undefined);
  clock.advance(5_000);
  assert.equal(reason()?.code, "cancelled");
});

test("a reader that is heard of now and then is waited for, however long it reads nothing", () => {
  const { clock, signal, gate } = gateWith(1);
  for (let minutes = 0; minutes < 10; minutes++) {
    for (let seconds = 0; seconds < 60; seconds += 6) {
      clock.advance(6_000);
      gate.hear();
    }
  }
  assert.equal(signal.reason, undefined);
});

test("a gate that was closed holds no timer and ends nothing", () => {
  const { clock, wheel, signal, gate } = gateWith(1);
  gate.close();
  gate.close();
  assert.deepEqual(wheel.armed(), []);
  clock.advance(60_000);
  assert.equal(signal.reason, undefined);
});
