import assert from "node:assert/strict";
import { test } from "node:test";
import { filters } from "@myelin/subjects";
import { call } from "../../../libs/testing/index.ts";
import { beat, bytes, card, ground, known } from "./ground.ts";

test("the first call to an agent asks for its instances once, and listens to that agent only", () => {
  const { discovery, asked, link } = ground();
  for (let n = 0; n < 3; n++) discovery.pick(call());
  discovery.pick(call({ operation: { skill: "other" } }));
  assert.deepEqual(
    asked.map((question) => question.subject),
    ["$SRV.INFO.far"],
  );
  assert.equal(link.listeners(filters.presence("far")), 1);
});

test("those that answer the question can be picked", () => {
  const { discovery, asked, picked } = ground();
  discovery.pick(call());
  asked[0]?.answer(card("a1"));
  assert.equal(picked(), "a1");
});

test("the question is closed after a while", () => {
  const { discovery, asked, clock } = ground();
  discovery.pick(call());
  clock.advance(2_001);
  assert.equal(asked[0]?.ended, true);
});

test("an answer that is no card of this agent is dropped, and counted", () => {
  const bent = [
    card("a.b"),
    card("a1", { name: "other" }),
    card("a1", { type: "x" }),
    card("a1", { metadata: { some: "service" } }),
    card("a1", { metadata: null }),
    { ...card("a1"), payload: bytes("{") },
    { ...card("a1"), payload: bytes("[1]") },
    { ...card("a1"), payload: bytes("null") },
    card("x".repeat(62)),
  ];
  const { discovery, asked, picked, refused } = ground();
  discovery.pick(call());
  for (const message of bent) asked[0]?.answer(message);
  assert.equal(picked(), undefined);
  assert.equal(refused.length, bent.length);
});

test("the server's word that nobody is there is not counted as a bad answer", () => {
  const { discovery, asked, refused } = ground();
  discovery.pick(call());
  asked[0]?.answer({ ...card("a1"), head: "NATS/1.0 503\r\n\r\n", payload: bytes("") });
  assert.deepEqual(refused, []);
});

test("an instance that begins to beat can be picked at once", () => {
  const { picked, link } = known([]);
  link.deliver(beat("a1"));
  assert.equal(picked(), "a1");
});

test("three beats of silence are a death", () => {
  const { picked, clock } = known(["a1"]);
  clock.advance(2_900);
  assert.equal(picked(), "a1");
  clock.advance(800);
  assert.equal(picked(), undefined);
});

test("one that announces slower beats may be silent for longer", () => {
  const { picked, clock, link } = known(["a1"]);
  link.deliver(beat("a1", { beatMs: 2_000 }));
  clock.advance(5_900);
  assert.equal(picked(), "a1");
  clock.advance(800);
  assert.equal(picked(), undefined);
});

test("an announced beat of an hour is not believed", () => {
  const { picked, clock, link } = known(["a1"]);
  link.deliver(beat("a1", { beatMs: 3_600_000 }));
  clock.advance(181_000);
  assert.equal(picked(), undefined);
});

for (const state of ["GONE", "DRAINING"]) {
  test(`${state} takes an instance out at once`, () => {
    const { spread, link } = known(["a1", "a2"]);
    link.deliver(beat("a1", { state }));
    assert.deepEqual(spread(), { a2: 400 });
  });

  test(`a late card does not bring back one that said ${state}`, () => {
    const { picked, link, asked } = known(["a1"]);
    link.deliver(beat("a1", { state }));
    asked[0]?.answer(card("a1"));
    assert.equal(picked(), undefined);
  });
}

test("FULL is avoided while others have room", () => {
  const { spread, link } = known(["a1", "a2"]);
  link.deliver(beat("a1", { state: "FULL" }));
  assert.deepEqual(spread(), { a2: 400 });
  link.deliver(beat("a2", { state: "FULL" }));
  assert.equal(Object.keys(spread()).length, 2);
  link.deliver(beat("a1"));
  assert.deepEqual(spread(), { a1: 400 });
});

test("what is lost gets nothing until it beats again", () => {
  const { discovery, spread, link } = known(["a1", "a2"]);
  discovery.lost("far", "a1");
  assert.deepEqual(spread(), { a2: 400 });
  link.deliver(beat("a1"));
  assert.equal(Object.keys(spread()).length, 2);
});

test("what is lost gets nothing until it answers a probe", () => {
  const { discovery, picked } = known(["a1"]);
  discovery.lost("far", "a1");
  assert.equal(picked(), undefined);
  discovery.heard("far", "a1");
  assert.equal(picked(), "a1");
});

test("a retry does not go to what is lost", () => {
  const { discovery, picked } = known(["a1", "a2"]);
  discovery.lost("far", "a1");
  assert.equal(picked(["a2"]), undefined);
});

test("one that is suspected is picked only while no other is there", () => {
  const { discovery, spread, picked } = known(["a1", "a2"]);
  discovery.suspected("far", "a1");
  assert.deepEqual(spread(), { a2: 400 });
  discovery.lost("far", "a2");
  assert.equal(picked(), "a1");
  discovery.heard("far", "a2");
  discovery.heard("far", "a1");
  assert.equal(Object.keys(spread()).length, 2);
});

test("an answer ends a suspicion", () => {
  const { discovery, sent, spread } = known(["a1", "a2"]);
  const attempt = sent("a1");
  discovery.suspected("far", "a1");
  discovery.answered(attempt, 1, "a1", 1);
  assert.ok((spread().a1 ?? 0) > 0);
});

test("word of agents that are not called is ignored", () => {
  const { discovery } = ground();
  discovery.lost("other", "a1");
  discovery.suspected("other", "a1");
  discovery.heard("other", "a1");
  assert.deepEqual(discovery.instances("other"), []);
});

test("a message whose reply subject is not in the speaker's inbox is dropped, and counted", () => {
  const foreign = [
    "",
    "_INBOX.other.a1.x",
    "_INBOX.far.a2.x",
    "_INBOX.far",
    "$JS.API.STREAM.DELETE.X",
  ];
  const { picked, link, refused } = known([]);
  for (const reply of foreign) link.deliver({ ...beat("a1"), reply });
  assert.equal(picked(), undefined);
  assert.deepEqual(
    refused,
    foreign.map(() => "presence_reply"),
  );
});

test("a payload that is no presence is dropped, and counted", () => {
  const payloads = [
    "",
    "{",
    "[]",
    "null",
    "1",
    '"x"',
    '{"state":"ready"}',
    '{"state":{}}',
    "{}",
  ].map(bytes);
  payloads.push(Buffer.from([0xff, 0xfe, 0x00]), bytes({ state: "READY", pad: "x".repeat(5_000) }));
  const { picked, link, refused } = known([]);
  for (const payload of payloads) link.deliver({ ...beat("a1"), payload });
  assert.equal(picked(), undefined);
  assert.deepEqual(
    refused,
    payloads.map(() => "presence_payload"),
  );
});

test("numbers from the wire are brought into their range", () => {
  const { discovery, link } = known([]);
  link.deliver(beat("a1", { load: 1e300, beatMs: -5, version: { a: 1 } }));
  link.deliver(beat("a2", { load: "9", room: null, beatMs: [] }));
  const seen = discovery.instances("far").map(({ otherLoad, version }) => [otherLoad, version]);
  assert.deepEqual(seen, [
    [1_000_000, ""],
    [0, "1.0.0"],
  ]);
});

test("instances of one agent are bounded, and one that is dead makes room", () => {
  const { discovery, link, refused } = known(["a1", "a2"], { maxInstances: 2 });
  link.deliver(beat("a3"));
  assert.equal(discovery.instances("far").length, 2);
  assert.deepEqual(refused, ["too_many_instances"]);
  discovery.lost("far", "a1");
  link.deliver(beat("a3"));
  assert.deepEqual(
    discovery.instances("far").map((known) => known.instance),
    ["a2", "a3"],
  );
});

test("the agent called longest ago makes room for another, and is no longer listened to", () => {
  const { discovery, link, clock } = ground({ maxAgents: 2 });
  for (const agent of ["one", "two"]) {
    discovery.pick(call({ operation: { agent } }));
    clock.advance(1_100);
  }
  discovery.pick(call({ operation: { agent: "three" } }));
  const listened = ["one", "two", "three"].map((agent) => link.listeners(filters.presence(agent)));
  assert.deepEqual(listened, [0, 1, 1]);
});

test("while all agents are in use another is left to the queue group", () => {
  const { discovery, link } = ground({ maxAgents: 1 });
  discovery.pick(call());
  assert.equal(discovery.pick(call({ operation: { agent: "other" } })), undefined);
  assert.equal(link.listeners(filters.presence("other")), 0);
});

test("an agent with calls under way is not forgotten", () => {
  const { link, clock, sent } = known(["a1"], { idleMs: 2_000 });
  sent("a1");
  clock.advance(2_900);
  assert.equal(link.listeners(filters.presence("far")), 1);
});

test("an agent that is not called for long is forgotten, and no timer is left", () => {
  const { link, clock, discovery } = known(["a1"], { idleMs: 10_000 });
  clock.advance(11_000);
  assert.equal(link.listeners(filters.presence("far")), 0);
  assert.deepEqual(discovery.instances("far"), []);
  assert.equal(clock.pending, 0);
});

test("silence while the link is down is not held against anybody", () => {
  const { link, clock, picked } = known(["a1"]);
  link.turn(false);
  clock.advance(30_000);
  link.turn(true);
  assert.equal(picked(), "a1");
  clock.advance(4_500);
  assert.equal(picked(), undefined);
});

test("a first call while the link is down does not begin to listen", () => {
  const { link, discovery } = ground();
  link.isUp = false;
  assert.equal(discovery.pick(call()), undefined);
  assert.equal(link.listeners(filters.presence("far")), 0);
});

test("a link that refuses does not fail the call, and leaves nobody listening", () => {
  const { discovery, link } = ground({
    ask: () => {
      throw new TypeError("closed");
    },
  });
  assert.equal(discovery.pick(call()), undefined);
  assert.equal(link.listeners(filters.presence("far")), 0);
});

test("stopping twice is safe, and leaves no subscription and no timer", () => {
  const { discovery, link, clock, picked, asked } = known(["a1"]);
  discovery.stop();
  discovery.stop();
  assert.equal(link.listeners(filters.presence("far")), 0);
  assert.equal(clock.pending, 0);
  assert.equal(picked(), undefined);
  assert.equal(asked[0]?.ended, true);
});
