import assert from "node:assert/strict";
import { test } from "node:test";
import { Room } from "../../../libs/durable/claims/room.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, Wheel } from "../../../libs/pipeline/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

/** Lets what is resolved go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("whoever finds no room waits its turn, in the order in which they came", async () => {
  const room = new Room(100);
  const order: string[] = [];
  const enter = (name: string, bytes: number) =>
    room.enter(bytes, undefined).then((leave) => {
      order.push(name);
      return leave;
    });
  const leaveFirst = await enter("first", 60);
  const second = enter("second", 60);
  const third = enter("third", 10);
  await turn();
  assert.deepEqual(order, ["first"]);
  leaveFirst();
  leaveFirst();
  const leaveSecond = await second;
  await third;
  assert.deepEqual(order, ["first", "second", "third"]);
  const fourth = enter("fourth", 60);
  await turn();
  assert.equal(order.length, 3, "leaving twice is leaving once");
  leaveSecond();
  await fourth;
});

test("one that is larger than the room goes alone", async () => {
  const room = new Room(100);
  const leave = await room.enter(500, undefined);
  let isIn = false;
  const next = room.enter(1, undefined).then(() => {
    isIn = true;
  });
  await turn();
  assert.equal(isIn, false);
  leave();
  await next;
});

test("where too many wait already nobody else is let in, until one of them has gone", async () => {
  const room = new Room(100, 2);
  const leave = await room.enter(100, undefined);
  const waiting = [room.enter(60, undefined), room.enter(60, undefined)];
  const third = room.enter(1, undefined);
  await assert.rejects(third, { code: MeshCode.Overloaded, message: /2 large payloads wait/ });
  leave();
  await waiting[0];
  const fourth = room.enter(40, undefined);
  (await waiting[0])?.();
  await Promise.all([waiting[1], fourth]);
});

test("who gives up leaves the queue, and those behind come forward", async () => {
  const room = new Room(100);
  const leave = await room.enter(90, undefined);
  const signal = new CallSignal(new Wheel(new ManualClock()));
  const waiting = room.enter(90, signal);
  const behind = room.enter(10, undefined);
  const gaveUp = new MeshError(MeshCode.Cancelled, "enough");
  signal.end(gaveUp);
  await assert.rejects(waiting, gaveUp);
  await behind;
  leave();
});
