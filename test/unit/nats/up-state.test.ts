import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@myelin/mesh/testing";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { UpState } from "../../../libs/nats/up-state.ts";
import { CallSignal, Wheel } from "../../../libs/pipeline/index.ts";

const closed = new MeshError(MeshCode.Closed, "closed");

function signal(clock = new ManualClock()): CallSignal {
  return new CallSignal(new Wheel(clock));
}

test("listeners hear each turn once, until they stop listening", () => {
  const state = new UpState(() => {});
  const heard: string[] = [];
  const unhear = state.onDown(() => heard.push("down"));
  state.onUp(() => heard.push("up"));
  for (const to of ["up", "down", "down", "up"] as const) state.turn(to);
  unhear();
  state.turn("down");
  assert.deepEqual(heard, ["down", "up"]);
});

test("a listener that throws is reported, and the others hear", () => {
  const thrown: unknown[] = [];
  const state = new UpState((error) => thrown.push(error));
  let heard = 0;
  state.onDown(() => {
    throw new RangeError("defect");
  });
  state.onDown(() => heard++);
  state.turn("down");
  assert.equal(heard, 1);
  assert.ok(thrown[0] instanceof RangeError);
});

test("whenUp ends with its signal's deadline while it stays down", async () => {
  const clock = new ManualClock();
  const state = new UpState(() => {});
  state.turn("down");
  const impatient = signal(clock);
  impatient.expire(50, 50, "a.b");
  const waiting = assert.rejects(state.whenUp(impatient), { code: "deadline_exceeded" });
  clock.advance(100);
  await waiting;
});

test("an ended state stays down, and whoever waits gets the reason", async () => {
  const state = new UpState(() => {});
  state.turn("down");
  const waiting = assert.rejects(state.whenUp(signal()), { code: "closed" });
  state.end(closed);
  await waiting;
  state.turn("up");
  assert.equal(state.isUp, false);
  await assert.rejects(state.whenUp(signal()), { code: "closed" });
});
