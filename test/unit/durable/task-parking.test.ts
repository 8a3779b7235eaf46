import assert from "node:assert/strict";
import { test } from "node:test";
import { aloneKey } from "../../../libs/durable/attempts/alone.ts";
import { mostParked } from "../../../libs/durable/attempts/parking.ts";
import type { TaskDelivery } from "../../../libs/durable/work/task-delivery.ts";
import {
  mostTasks,
  type ParkedTask,
  TaskParking,
} from "../../../libs/durable/work/task-parking.ts";

/** A task that notes what is said of it. */
class Told implements ParkedTask {
  static #made = 0;
  readonly said: (string | number)[] = [];
  readonly waitsFor: string;
  readonly deaths = 0;
  readonly isUrgent: boolean;
  beatAt = 0;
  readonly attempt: ParkedTask["attempt"];

  constructor({ waitsFor = "door", deliveries = 1, bytes = 10, isUrgent = false } = {}) {
    this.waitsFor = waitsFor;
    this.isUrgent = isUrgent;
    const message = { subject: "", reply: "", head: "", payload: new Uint8Array(bytes) };
    const place = { sequence: ++Told.#made, storedAt: new Date(), address: undefined };
    const delivery: TaskDelivery = { message, deliveries, ...place };
    this.attempt = {
      delivery,
      beat: () => void this.said.push("beat"),
      nak: (delayMs) => void this.said.push(delayMs),
      end: (why) => void this.said.push(why),
    };
  }
}

function parking(random = 1): TaskParking<Told> {
  const config = { attempts: 5 };
  return new TaskParking({ config, mostDeliveries: () => 20, random: () => random });
}

const large = { bytes: 600_000 };

function full(random?: number): TaskParking<Told> {
  const made = parking(random);
  for (let at = 0; at < mostParked; at++) made.park(new Told(large));
  return made;
}

function given(to: TaskParking<Told>, how: ConstructorParameters<typeof Told>[0]): Told {
  const told = new Told(how);
  to.park(told);
  return told;
}

const beat = { now: 0, isUp: true, ackWaitMs: 30_000, beatMs: 2_000 };

test("many small tasks wait with their messages, up to a number", () => {
  const many = parking();
  for (let at = 0; at < mostTasks; at++) assert.deepEqual(given(many, {}).said, []);
  assert.equal(many.isFull, false);
  assert.deepEqual(given(many, {}).said, [10_000]);
  many.take("door");
  assert.deepEqual(given(many, {}).said, []);
});

test("large tasks wait with their messages, up to their bytes, and some whatever their size", () => {
  const some = full();
  assert.equal([...some.all()].length, mostParked);
  assert.deepEqual(given(some, large).said, [10_000]);
  for (const held of [...some.all()].slice(0, 10)) some.remove(held);
  assert.deepEqual(given(some, large).said, []);
});

test("what finds no place stays away longer each time, and not all as long", () => {
  const delays = (random: number) =>
    [1, 2, 3, 7, 12].map((deliveries) => given(full(random), { deliveries }).said[0]);
  assert.deepEqual(delays(1), [10_000, 20_000, 40_000, 300_000, 300_000]);
  assert.deepEqual(delays(0), [5_000, 10_000, 20_000, 150_000, 150_000]);
});

test("what has only the deliveries that its attempts need is kept, until too many are", () => {
  const some = full();
  // Twenty deliveries, three of them for its end: this is the first of the last five.
  for (let at = 0; at < mostParked; at++) {
    assert.equal(some.isFull, false);
    assert.deepEqual(given(some, { deliveries: 13 }).said, []);
  }
  assert.equal(some.isFull, true);
  assert.deepEqual(given(some, { deliveries: 12 }).said, [300_000]);
  some.beat(beat);
  assert.equal(some.isFull, true);
  for (const held of [...some.all()].slice(-1)) some.remove(held);
  assert.equal(some.isFull, false);
});

test("what its workers may die of is not given back", () => {
  const some = full();
  assert.deepEqual(given(some, { waitsFor: aloneKey }).said, []);
});

test("only so many are given back between two beats", () => {
  const some = full();
  for (let at = 0; at < 128; at++) {
    assert.equal(some.isFull, false);
    given(some, {});
  }
  assert.equal(some.isFull, true);
  some.beat(beat);
  assert.equal(some.isFull, false);
});

test("the server hears of what waits before half the time is over that it bears", () => {
  const some = parking();
  const one = given(some, {});
  for (let now = 0; now <= 30_000; now += 2_000) some.beat({ ...beat, now });
  assert.deepEqual(one.said, ["beat", "beat"]);
  some.beat({ ...beat, now: 44_000, isUp: false });
  assert.deepEqual(one.said, ["beat", "beat"]);
  some.beat({ ...beat, now: 60_001 });
  assert.deepEqual(one.said, ["beat", "beat", "superseded"]);
  assert.equal(some.take("door"), undefined);
});

test("an urgent one is before all others that wait for its key", () => {
  const some = parking();
  for (const isUrgent of [false, false, true, true]) given(some, { isUrgent });
  const order = [1, 2, 3, 4].map(() => some.take("door")?.isUrgent);
  assert.deepEqual(order, [true, true, false, false]);
});

test("each key is tried in its turn, some of them with each beat", () => {
  const some = parking();
  for (let at = 0; at < 300; at++) given(some, { waitsFor: `k${at % 100}` });
  const tries = (): readonly string[] => {
    const keys = some.toTry((key) => key !== "k0");
    for (const key of keys) {
      const held = some.take(key);
      if (held !== undefined) some.park(held);
    }
    return keys;
  };
  const [first, second] = [tries(), tries()];
  assert.deepEqual([first.length, second.length], [64, 64]);
  assert.equal(new Set([...first, ...second]).size, 99);
});
