import assert from "node:assert/strict";
import { test } from "node:test";
import { Presence } from "../../../libs/discovery/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";
import { FakeLink } from "./ground.ts";

function announcer(random = 0.5) {
  const link = new FakeLink();
  const clock = new ManualClock();
  const is = { load: 0, taken: 0 };
  const presence = new Presence({
    link,
    agent: "far",
    instance: "a1",
    version: "1.2.3",
    clock,
    random: () => random,
    load: () => is.load,
    room: () => 64,
    taken: () => is.taken,
  });
  return { presence, link, clock, is, states: () => link.published.map(({ body }) => body.state) };
}

test("the first beat is sent at once, with a reply subject in the speaker's own inbox", () => {
  const { presence, link, is } = announcer();
  is.load = 3;
  presence.start();
  assert.deepEqual(link.published, [
    {
      subject: "mesh.presence.far.a1",
      body: { state: "READY", version: "1.2.3", load: 3, room: 64, beatMs: 1_000 },
      reply: "_INBOX.far.a1.presence",
    },
  ]);
});

test("an instance that takes calls beats about every second, jittered", () => {
  for (const [random, afterMs] of [
    [0, 900],
    [0.5, 1_000],
    [1, 1_100],
  ] as const) {
    const { presence, link, clock } = announcer(random);
    presence.start();
    clock.advance(afterMs - 1);
    assert.equal(link.published.length, 1);
    clock.advance(1);
    assert.equal(link.published.length, 2);
  }
});

test("an idle instance beats half as often, says so, and is quick again after a call", () => {
  const { presence, link, clock, is } = announcer();
  presence.start();
  clock.advance(60_000);
  const idle = link.published.length;
  assert.ok(idle < 45, `${idle} beats`);
  assert.equal(link.published.at(-1)?.body.beatMs, 2_000);
  is.taken = 1;
  clock.advance(2_000);
  assert.equal(link.published.at(-1)?.body.beatMs, 1_000);
});

test("a change is told at once, and once", () => {
  const { presence, states } = announcer();
  presence.start();
  presence.change("FULL");
  presence.change("FULL");
  presence.change("READY");
  assert.deepEqual(states(), ["READY", "FULL", "READY"]);
});

test("stopping says goodbye once, and nothing comes after it", () => {
  const { presence, clock, link, states } = announcer();
  presence.start();
  presence.stop();
  presence.stop();
  presence.change("READY");
  presence.start();
  clock.advance(10_000);
  link.turn(true);
  assert.deepEqual(states(), ["READY", "GONE"]);
  assert.equal(clock.pending, 0);
});

test("one that never started says no goodbye", () => {
  const { presence, states } = announcer();
  presence.change("DRAINING");
  presence.stop();
  assert.deepEqual(states(), []);
});

test("a link that is down fails no beat, and the first word after it is at once", () => {
  const { presence, clock, link } = announcer();
  presence.start();
  link.turn(false);
  clock.advance(5_000);
  assert.equal(link.published.length, 1);
  link.turn(true);
  assert.equal(link.published.length, 2);
  clock.advance(1_000);
  assert.equal(link.published.length, 3);
});
