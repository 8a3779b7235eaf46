import assert from "node:assert/strict";
import { test } from "node:test";
import { filters } from "@myelin/subjects";
import { Door, Presence } from "../../../libs/discovery/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";
import { beat, FakeLink } from "./ground.ts";

/** The doors of some instances of one agent, on one fake link; `group` is who is in the queue group. */
function doors(...instances: string[]) {
  const link = new FakeLink();
  const clock = new ManualClock(1_000);
  const group = new Set<string>();
  const seen = { fewest: instances.length, opened: 0 };
  const made = instances.map((instance) => {
    const presence = new Presence({
      link,
      agent: "far",
      instance,
      version: "1.0.0",
      clock,
      random: () => 0.5,
      load: () => 0,
      room: () => 1,
      taken: () => 0,
    });
    const open = () => {
      assert.ok(!group.has(instance), "joined while still in the group");
      group.add(instance);
      seen.opened++;
      return {
        // As the server does it: out of the group at once, the rest handed over a little later.
        stop: async () => {
          group.delete(instance);
          seen.fewest = Math.min(seen.fewest, group.size);
          await new Promise((resolve) => setImmediate(resolve));
        },
      };
    };
    const door = new Door({ link, agent: "far", instance, clock, presence, open });
    door.start();
    presence.start();
    return { door, presence, instance };
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      await clock.advanceAsync(50);
    }
  };
  return { link, clock, group, seen, made, pass, ...named(made) };
}

function named<T>(made: readonly T[]) {
  const [a, b, c] = made as readonly [T, T, T];
  return { a, b, c };
}

test("a full instance leaves the queue group once it hears that another has room", async () => {
  const { a, group, pass } = doors("a1", "b1");
  a.door.full();
  assert.deepEqual([...group], ["a1", "b1"]);
  await pass(1_100);
  assert.deepEqual([...group], ["b1"]);
});

test("an instance that has room again comes back, and says so only then", async () => {
  const { a, group, pass } = doors("a1", "b1");
  a.door.full();
  await pass(1_100);
  assert.equal(a.presence.state, "FULL");
  a.door.room();
  await pass(500);
  assert.deepEqual([...group].sort(), ["a1", "b1"]);
  assert.equal(a.presence.state, "READY");
});

test("siblings are listened to only after an instance was full, and no more when it is calm", async () => {
  const { a, link, pass } = doors("a1", "b1");
  assert.equal(link.listeners(filters.presence("far")), 0);
  a.door.full();
  assert.equal(link.listeners(filters.presence("far")), 1);
  a.door.room();
  await pass(61_000);
  assert.equal(link.listeners(filters.presence("far")), 0);
});

test("an instance without siblings stays, however full", async () => {
  const { a, group, pass } = doors("a1");
  a.door.full();
  await pass(10_000);
  assert.deepEqual([...group], ["a1"]);
});

test("the last one open stays when all are full", async () => {
  const { a, b, c, group, seen, pass } = doors("a1", "b1", "c1");
  for (const { door } of [a, b, c]) {
    door.full();
    await pass(1_100);
  }
  await pass(5_000);
  assert.ok(group.has("c1"));
  assert.ok(seen.fewest >= 1);
});

test("two that fill at the same time do not leave the group to nobody", async () => {
  const { a, b, group, seen, pass } = doors("a1", "b1");
  // Both know each other as ready, as after a time of being full in turn.
  for (const { door } of [a, b]) {
    door.full();
    await pass(1_100);
    door.room();
    await pass(1_100);
  }
  a.door.full();
  b.door.full();
  await pass(5_000);
  assert.ok(group.size >= 1);
  assert.ok(seen.fewest >= 1);
});

test("one that left comes back when the others have filled meanwhile and it is the first by name", async () => {
  const { a, group, pass, link } = doors("a1");
  a.door.full();
  link.deliver(beat("b1"));
  await pass(50);
  assert.deepEqual([...group], []);
  link.deliver(beat("b1", { state: "FULL" }));
  await pass(50);
  assert.deepEqual([...group], ["a1"]);
  link.deliver(beat("b1"));
  await pass(50);
  assert.deepEqual([...group], [], "and leaves again once one has room");
});

test("one that left comes back when the one with room dies without a word", async () => {
  const { a, group, pass, link } = doors("a1");
  link.deliver(beat("b1"));
  a.door.full();
  link.deliver(beat("b1"));
  await pass(100);
  assert.deepEqual([...group], []);
  await pass(2_600);
  assert.deepEqual([...group], ["a1"]);
});

test("one that left comes back at once when the one with room drains", async () => {
  const { a, group, pass, link } = doors("a1");
  a.door.full();
  link.deliver(beat("b1"));
  await pass(50);
  assert.deepEqual([...group], []);
  link.deliver(beat("b1", { state: "DRAINING" }));
  await pass(50);
  assert.deepEqual([...group], ["a1"]);
});

test("a sibling that is full and dead does not keep the door of another closed", async () => {
  const { a: b, group, pass, link } = doors("b1");
  b.door.full();
  link.deliver(beat("c1"));
  await pass(50);
  link.deliver(beat("a1", { state: "FULL" }));
  link.deliver(beat("c1", { state: "GONE" }));
  await pass(50);
  assert.deepEqual([...group], [], "a1 is the one that comes back");
  await pass(2_600);
  assert.deepEqual([...group], ["b1"]);
});

test("word in a sibling's name from elsewhere does not close a door", async () => {
  const { a, group, pass, link } = doors("a1");
  a.door.full();
  link.deliver({ ...beat("b1"), reply: "_INBOX.mallory.m1.x" });
  link.deliver({ ...beat("b1"), reply: "" });
  await pass(500);
  assert.deepEqual([...group], ["a1"]);
});

test("a door that flaps comes back ever more slowly, and never overlaps with its leaving", async () => {
  const { a, seen, pass, link } = doors("a1");
  for (let n = 0; n < 100; n++) {
    a.door.full();
    link.deliver(beat("b1"));
    await pass(50);
    a.door.room();
    await pass(50);
  }
  assert.ok(seen.opened > 5 && seen.opened < 40, `opened ${seen.opened} times in 10 s`);
});

test("closing leaves for good and waits for what was handed over; twice is safe", async () => {
  const { a, b, group, clock, pass } = doors("a1", "b1");
  a.door.full();
  await pass(1_100);
  await Promise.all([b.door.close(), b.door.close()]);
  await b.door.close();
  b.door.room();
  b.door.full();
  await pass(3_000);
  assert.ok(!group.has("b1"));
  await a.door.close();
  a.presence.stop();
  b.presence.stop();
  assert.equal(clock.pending, 0);
});
