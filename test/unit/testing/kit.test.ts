import assert from "node:assert/strict";
import { test } from "node:test";
import {
  answering,
  call,
  eventually,
  failing,
  farSide,
  hanging,
  ManualClock,
  operation,
  request,
} from "@myelin/mesh/testing";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";

test("a manual clock stands still until it is advanced", () => {
  const clock = new ManualClock(100);
  assert.equal(clock.now(), 100);
  clock.advance(5);
  assert.equal(clock.now(), 105);
});

test("a manual clock runs timers in order, each at its own time", () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
  clock.schedule(30, note("late"));
  clock.schedule(10, note("early"));
  clock.schedule(10, note("second"));
  clock.schedule(10, () => clock.schedule(5, note("nested")));
  clock.schedule(20, note("called off"))();
  clock.advance(30);
  assert.deepEqual(seen, ["early@10", "second@10", "nested@15", "late@30"]);
  assert.equal(clock.pending, 0);
});

test("advanceAsync lets promises between two timers settle", async () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => clock.schedule(ms, resolve));
  void (async () => {
    await wait(10);
    seen.push(clock.now());
    await wait(10);
    seen.push(clock.now());
  })();
  await clock.advanceAsync(25);
  assert.deepEqual(seen, [10, 20]);
});

test("eventually gives what the check found", async () => {
  let looks = 0;
  assert.equal(await eventually("third look", () => ++looks === 3 && "found"), "found");
});

test("eventually says what did not happen and why not", async () => {
  const check = (): boolean => {
    throw new RangeError("too early");
  };
  const patience = { timeoutMs: 20, everyMs: 5 };
  await assert.rejects(eventually("the moon is full", check, patience), (error: MeshError) => {
    assert.match(error.message, /not within 20 ms: the moon is full/);
    assert.ok(error.cause instanceof RangeError);
    return true;
  });
});

test("a far side does as scripted, counts, and stays at its last step", async () => {
  const far = farSide(failing(MeshCode.Overloaded, { retryAfterMs: 7 }), answering({ ok: 1 }));
  await assert.rejects(far.send(call()), { code: "overloaded", origin: "peer", retryAfterMs: 7 });
  assert.deepEqual((await far.send(call())).value, { ok: 1 });
  assert.deepEqual((await far.send(call({ id: "third" }))).value, { ok: 1 });
  assert.equal(far.calls, 3);
  assert.equal(far.seen[2]?.id, "third");
});

test("a hanging far side ends with the call's signal", async () => {
  const asked = call();
  const sent = hanging().send(asked);
  asked.signal.end(new MeshError(MeshCode.Cancelled, "enough"));
  await assert.rejects(sent, { code: "cancelled" });
});

test("builders fill in what a test does not say", () => {
  assert.equal(operation({ agent: "a", skill: "b" }).key, "a.b");
  assert.equal(call({ operation: { idempotent: true } }).operation.idempotent, true);
  const asked = request({ input: { n: 1 }, caller: "bob" });
  assert.equal(asked.caller, "bob");
  assert.deepEqual(asked.codec.decode(asked.payload), { n: 1 });
});
