import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { call } from "../../../libs/testing/index.ts";
import { beat, known } from "./ground.ts";

const peer = (code: MeshCode, retryAfterMs?: number) =>
  new MeshError(code, "test", {
    origin: "peer",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

test("picking leaves the choice to the queue group while nobody is known", () => {
  const { picked } = known([]);
  assert.equal(picked(), undefined);
});

test("a picked target carries the route token of its instance", () => {
  const { discovery } = known(["a1"]);
  assert.equal(discovery.pick(call())?.route, "i-a1");
});

test("calls spread over instances that are equal", () => {
  const { spread } = known(["a1", "a2", "a3", "a4"]);
  const counts = spread(4_000);
  for (const instance of ["a1", "a2", "a3", "a4"]) {
    assert.ok((counts[instance] ?? 0) > 200, JSON.stringify(counts));
  }
});

test("an instance that is slower is not picked over one that is idle and fast", () => {
  const { answer, spread } = known(["slow", "fast"]);
  answer("slow", 20);
  answer("fast", 1);
  assert.deepEqual(spread(), { fast: 400 });
});

test("outstanding calls outweigh a small difference in latency", () => {
  const { answer, sent, picked } = known(["busy", "free"]);
  answer("busy", 1);
  answer("free", 1.5);
  for (let n = 0; n < 5; n++) sent("busy");
  assert.equal(picked(), "free");
});

test("load that others cause counts like our own", () => {
  const { answer, picked, link } = known(["busy", "free"]);
  answer("busy", 1);
  answer("free", 1);
  link.deliver(beat("busy", { load: 30 }));
  assert.equal(picked(), "free");
});

test("the load on a reply does not count our own calls twice", () => {
  const { discovery, sent } = known(["a1"]);
  const [first] = [sent("a1"), sent("a1"), sent("a1")];
  discovery.answered(first, 1, "a1", 3);
  const [seen] = discovery.instances("far");
  assert.deepEqual([seen?.outstanding, seen?.otherLoad], [2, 0]);
});

test("worse latency is believed sooner than better, and better with time", () => {
  const { answer, spread, sent, picked, clock } = known(["a1", "a2"]);
  answer("a1", 1);
  answer("a2", 1);
  clock.advance(100);
  answer("a1", 50);
  clock.advance(100);
  answer("a1", 1);
  answer("a2", 1);
  assert.deepEqual(spread(), { a2: 400 });
  for (let n = 0; n < 20; n++) {
    clock.advance(200);
    answer("a1", 1);
    answer("a2", 1);
  }
  sent("a2");
  assert.equal(picked(), "a1");
});

test("an instance that once was slow is tried again after a while without calls", () => {
  const { answer, sent, picked, clock, link } = known(["a1", "a2"]);
  answer("a1", 20);
  answer("a2", 1);
  for (let n = 0; n < 40; n++) {
    clock.advance(500);
    link.deliver(beat("a1"));
    link.deliver(beat("a2"));
    if (n % 2 === 0) answer("a2", 1);
  }
  sent("a2");
  assert.equal(picked(), "a1");
});

test("what was lost and is back is not held to how slow it was on its way out", () => {
  const { discovery, answer, spread, link } = known(["a1", "a2"]);
  answer("a1", 3_000);
  answer("a2", 5);
  assert.deepEqual(spread(), { a2: 400 });
  discovery.lost("far", "a1");
  link.deliver(beat("a1"));
  assert.equal(Object.keys(spread()).length, 2);
});

test("latencies of one skill say nothing about another", () => {
  const { discovery, answer } = known(["a1", "a2"]);
  answer("a1", 10_000);
  answer("a2", 1);
  const quick = () => discovery.pick(call({ operation: { skill: "quick" } }))?.instance;
  const instances = new Set(Array.from({ length: 100 }, quick));
  assert.deepEqual([...instances].sort(), ["a1", "a2"]);
});

test("a slow first answer does not send everything to those that were not measured yet", () => {
  const { answer, sent, spread } = known(["a1", "a2"]);
  answer("a1", 500);
  for (let n = 0; n < 3; n++) sent("a2");
  assert.deepEqual(spread(), { a1: 400 });
});

test("a retry avoids every instance that was tried", () => {
  const { picked } = known(["a1", "a2", "a3"]);
  for (let n = 0; n < 50; n++) assert.equal(picked(["a1", "a3"]), "a2");
});

test("a retry that has tried everybody is left to the queue group", () => {
  const { picked } = known(["a1", "a2"]);
  assert.equal(picked(["a1", "a2"]), undefined);
});

test("a retry takes an instance that is full when the others were tried", () => {
  const { picked, link } = known(["a1", "a2"]);
  link.deliver(beat("a2", { state: "FULL" }));
  assert.equal(picked(["a1"]), "a2");
});

test("a slow instance that alone has room does not get the calls of all", () => {
  const { answer, picked, spread, link } = known(["slow", "a1", "a2"]);
  answer("slow", 100);
  answer("a1", 1);
  answer("a2", 1);
  for (const instance of ["a1", "a2"]) link.deliver(beat(instance, { state: "FULL", load: 20 }));
  assert.notEqual(picked(), "slow");
  assert.equal(spread().slow, undefined);
});

test("a failure never makes an instance look faster", () => {
  for (const code of Object.values(MeshCode)) {
    const { answer, fail, spread } = known(["a1", "a2"]);
    answer("a1", 20);
    answer("a2", 10);
    fail("a1", peer(code), 0.1);
    assert.deepEqual(spread(50), { a2: 50 }, code);
  }
});

test("an instance that refuses as overloaded is avoided for as long as it asks", () => {
  const { answer, fail, spread, clock } = known(["a1", "a2"]);
  answer("a1", 1);
  answer("a2", 2);
  fail("a1", peer(MeshCode.Overloaded, 300));
  clock.advance(299);
  assert.deepEqual(spread(), { a2: 400 });
  clock.advance(2);
  assert.deepEqual(spread(), { a1: 400 });
});

test("a retry-after of a day is not obeyed for a day", () => {
  const { answer, fail, spread, clock, link } = known(["a1", "a2"]);
  answer("a1", 1);
  answer("a2", 2);
  fail("a1", peer(MeshCode.Overloaded, 86_400_000));
  for (let n = 0; n < 6; n++) {
    clock.advance(1_000);
    link.deliver(beat("a1"));
    link.deliver(beat("a2"));
  }
  assert.deepEqual(spread(), { a1: 400 });
});

test("when everybody is overloaded calls still go to an instance", () => {
  const { fail, picked } = known(["a1", "a2"]);
  fail("a1", peer(MeshCode.Overloaded));
  fail("a2", peer(MeshCode.Overloaded));
  assert.notEqual(picked(), undefined);
});

test("an instance that fails fast does not attract the calls of the others", () => {
  const { answer, fail, sent, spread } = known(["broken", "good"]);
  answer("broken", 1);
  answer("good", 1);
  for (let n = 0; n < 10; n++) fail("broken", peer(MeshCode.HandlerFailed), 0.1);
  for (let n = 0; n < 30; n++) sent("good");
  assert.deepEqual(spread(), { good: 400 });
});

test("a call that timed out counts as at least that slow", () => {
  const { answer, fail, sent, picked } = known(["hangs", "good"]);
  answer("hangs", 1);
  answer("good", 1);
  fail("hangs", new MeshError(MeshCode.DeadlineExceeded, "test"), 500);
  for (let n = 0; n < 30; n++) sent("good");
  assert.equal(picked(), "good");
});

test("an instance that says it is draining gets nothing more", () => {
  const { fail, spread } = known(["a1", "a2"]);
  fail("a1", peer(MeshCode.Draining));
  assert.deepEqual(spread(), { a2: 400 });
});

test("what ended is no longer outstanding, however it ended", () => {
  const { discovery, sent } = known(["a1"]);
  discovery.answered(sent("a1"), 1, "a1", undefined);
  discovery.failed(sent("a1"), 1, peer(MeshCode.InvalidInput));
  assert.equal(discovery.instances("far")[0]?.outstanding, 0);
});

test("a load that is no number does no harm", () => {
  const { discovery, sent, picked } = known(["a1", "a2"]);
  discovery.answered(sent("a1"), 1, "a1", Number.NaN);
  assert.equal(discovery.instances("far")[0]?.otherLoad, 0);
  assert.notEqual(picked(), undefined);
});

test("whoever answers a call to the queue group is known from then on", () => {
  const { discovery, picked } = known([]);
  discovery.answered(call(), 1, "a7", 1);
  assert.equal(picked(), "a7");
});

test("an answer in the name of what is no instance is not believed", () => {
  const { discovery, picked } = known([]);
  discovery.answered(call(), 1, "a.*", 1);
  assert.equal(picked(), undefined);
});
